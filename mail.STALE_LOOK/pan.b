	switch (t->back) {
	default: Uerror("bad return move");
	case  0: goto R999; /* nothing to undo */

		 /* CLAIM live */
;
		;
		;
		;
		;
		;
		;
		;
		
	case 7: // STATE 20
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC host */
	case 8: // STATE 10
		sv_restor();
		goto R999;
	case 9: // STATE 24
		sv_restor();
		goto R999;

	case 10: // STATE 28
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC group */

	case 11: // STATE 3
		;
		now.arrived = trpt->bup.ovals[1];
		((P1 *)_this)->me = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 12: // STATE 5
		;
	/* 0 */	((P1 *)_this)->me = trpt->bup.oval;
		;
		;
		goto R999;

	case 13: // STATE 6
		;
		((P1 *)_this)->cursor = trpt->bup.oval;
		;
		goto R999;

	case 14: // STATE 8
		;
		((P1 *)_this)->busy = trpt->bup.ovals[1];
		((P1 *)_this)->b = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		;
		
	case 16: // STATE 11
		goto R999;

	case 17: // STATE 16
		;
		((P1 *)_this)->b = trpt->bup.ovals[1];
		((P1 *)_this)->busy = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 18: // STATE 70
		;
		((P1 *)_this)->given = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->given = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		
	case 20: // STATE 70
		;
		((P1 *)_this)->given = trpt->bup.ovals[2];
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = trpt->bup.ovals[1];
		now.box[ Index(((P1 *)_this)->given, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
	case 21: // STATE 35
		sv_restor();
		goto R999;
;
		;
		;
		;
		
	case 24: // STATE 70
		;
		((P1 *)_this)->given = trpt->bup.ovals[2];
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = trpt->bup.ovals[1];
		now.box[ Index(((P1 *)_this)->given, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
;
		;
		;
		;
		
	case 27: // STATE 70
		;
		((P1 *)_this)->given = trpt->bup.ovals[2];
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = trpt->bup.ovals[1];
		now.box[ Index(((P1 *)_this)->given, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
	case 28: // STATE 55
		sv_restor();
		goto R999;
	case 29: // STATE 65
		sv_restor();
		goto R999;

	case 30: // STATE 70
		;
		((P1 *)_this)->given = trpt->bup.oval;
		;
		goto R999;

	case 31: // STATE 72
		;
	/* 0 */	((P1 *)_this)->busy = trpt->bup.oval;
		;
		;
		goto R999;
	case 32: // STATE 79
		sv_restor();
		goto R999;

	case 33: // STATE 80
		;
	/* 0 */	((P1 *)_this)->b = trpt->bup.oval;
		;
		;
		goto R999;
	case 34: // STATE 86
		sv_restor();
		goto R999;
	case 35: // STATE 94
		sv_restor();
		goto R999;
;
		;
		
	case 37: // STATE 99
		;
		now.job[ Index(((P1 *)_this)->b, 2) ] = trpt->bup.oval;
		;
		goto R999;

	case 38: // STATE 110
		;
		((P1 *)_this)->busy = trpt->bup.ovals[3];
		((P1 *)_this)->b = trpt->bup.ovals[2];
		((P1 *)_this)->cursor = trpt->bup.ovals[1];
		((P1 *)_this)->given = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 39: // STATE 110
		;
		((P1 *)_this)->busy = trpt->bup.ovals[2];
		((P1 *)_this)->b = trpt->bup.ovals[1];
		((P1 *)_this)->cursor = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 40: // STATE 104
		;
	/* 1 */	((P1 *)_this)->busy = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->b = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		
	case 42: // STATE 110
		;
		((P1 *)_this)->busy = trpt->bup.ovals[2];
		((P1 *)_this)->b = trpt->bup.ovals[1];
		((P1 *)_this)->cursor = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 43: // STATE 110
		;
		((P1 *)_this)->busy = trpt->bup.ovals[1];
		((P1 *)_this)->b = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 44: // STATE 167
		;
		((P1 *)_this)->given = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->given = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
;
		;
		
	case 46: // STATE 167
		;
		((P1 *)_this)->given = trpt->bup.ovals[2];
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = trpt->bup.ovals[1];
		now.box[ Index(((P1 *)_this)->given, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;
	case 47: // STATE 132
		sv_restor();
		goto R999;
;
		;
		;
		;
		
	case 50: // STATE 167
		;
		((P1 *)_this)->given = trpt->bup.ovals[2];
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = trpt->bup.ovals[1];
		now.box[ Index(((P1 *)_this)->given, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;
;
		;
		;
		;
		
	case 53: // STATE 167
		;
		((P1 *)_this)->given = trpt->bup.ovals[2];
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = trpt->bup.ovals[1];
		now.box[ Index(((P1 *)_this)->given, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;
	case 54: // STATE 152
		sv_restor();
		goto R999;
	case 55: // STATE 162
		sv_restor();
		goto R999;

	case 56: // STATE 167
		;
		((P1 *)_this)->given = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 57: // STATE 169
		;
		now.cursor_word = trpt->bup.oval;
		;
		goto R999;

	case 58: // STATE 170
		;
		stop = trpt->bup.oval;
		;
		goto R999;

	case 59: // STATE 172
		;
		((P1 *)_this)->b = trpt->bup.oval;
		;
		goto R999;

	case 60: // STATE 173
		;
		now.box[ Index(((P1 *)_this)->b, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
			case 62: // STATE 177
		sv_restor();
		goto R999;

	case 63: // STATE 178
		;
		((P1 *)_this)->stays = trpt->bup.oval;
		;
		goto R999;

	case 64: // STATE 179
		;
		now.box[ Index(((P1 *)_this)->b, 2) ] = trpt->bup.oval;
		;
		goto R999;

	case 65: // STATE 181
		;
		((P1 *)_this)->stays = trpt->bup.oval;
		;
		goto R999;
	case 66: // STATE 189
		sv_restor();
		goto R999;
	case 67: // STATE 197
		sv_restor();
		goto R999;
	case 68: // STATE 204
		sv_restor();
		goto R999;
	case 69: // STATE 209
		sv_restor();
		goto R999;
	case 70: // STATE 214
		sv_restor();
		goto R999;
	case 71: // STATE 218
		sv_restor();
		goto R999;

	case 72: // STATE 222
		;
	/* 0 */	((P1 *)_this)->b = trpt->bup.oval;
		;
		;
		goto R999;
;
		;
		
	case 74: // STATE 226
		;
		now.box[ Index(((P1 *)_this)->b, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 76: // STATE 239
		;
		now.left = trpt->bup.oval;
		;
		goto R999;

	case 77: // STATE 258
		;
		((P1 *)_this)->stays = trpt->bup.ovals[13];
		((P1 *)_this)->mine = trpt->bup.ovals[12];
		((P1 *)_this)->busy = trpt->bup.ovals[11];
		((P1 *)_this)->given = trpt->bup.ovals[10];
		((P1 *)_this)->b = trpt->bup.ovals[9];
		((P1 *)_this)->cursor = trpt->bup.ovals[8];
		((P1 *)_this)->me = trpt->bup.ovals[7];
		now.running = trpt->bup.ovals[6];
		now.inside[ Index(((P1 *)_this)->_pid, 4) ] = trpt->bup.ovals[5];
		now.box[ Index(((3-1)-1), 2) ] = trpt->bup.ovals[4];
		now.box[0] = trpt->bup.ovals[3];
		stop = trpt->bup.ovals[2];
		now.arrived = trpt->bup.ovals[1];
		now.left = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 14);
		goto R999;

	case 78: // STATE 258
		;
		((P1 *)_this)->stays = trpt->bup.ovals[8];
		((P1 *)_this)->mine = trpt->bup.ovals[7];
		((P1 *)_this)->busy = trpt->bup.ovals[6];
		((P1 *)_this)->given = trpt->bup.ovals[5];
		((P1 *)_this)->b = trpt->bup.ovals[4];
		((P1 *)_this)->cursor = trpt->bup.ovals[3];
		((P1 *)_this)->me = trpt->bup.ovals[2];
		now.running = trpt->bup.ovals[1];
		now.inside[ Index(((P1 *)_this)->_pid, 4) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 9);
		goto R999;

	case 79: // STATE 264
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC publisher */
	case 80: // STATE 10
		sv_restor();
		goto R999;
	case 81: // STATE 19
		sv_restor();
		goto R999;

	case 82: // STATE 24
		;
		p_restor(II);
		;
		;
		goto R999;
	}

