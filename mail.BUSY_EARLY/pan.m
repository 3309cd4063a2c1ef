#define rand	pan_rand
#define pthread_equal(a,b)	((a)==(b))
#if defined(HAS_CODE) && defined(VERBOSE)
	#ifdef BFS_PAR
		bfs_printf("Pr: %d Tr: %d\n", II, t->forw);
	#else
		cpu_printf("Pr: %d Tr: %d\n", II, t->forw);
	#endif
#endif
	switch (t->forw) {
	default: Uerror("bad forward move");
	case 0:	/* if without executable clauses */
		continue;
	case 1: /* generic 'goto' or 'skip' */
		IfNotBlocked
		_m = 3; goto P999;
	case 2: /* generic 'else' */
		IfNotBlocked
		if (trpt->o_pm&1) continue;
		_m = 3; goto P999;

		 /* CLAIM live */
	case 3: // STATE 1 - _spin_nvr.tmp:3 - [(!(((head%2)==1)))] (0:0:0 - 1)
		
#if defined(VERI) && !defined(NP)
#if NCLAIMS>1
		{	static int reported1 = 0;
			if (verbose && !reported1)
			{	int nn = (int) ((Pclaim *)pptr(0))->_n;
				printf("depth %ld: Claim %s (%d), state %d (line %d)\n",
					depth, procname[spin_c_typ[nn]], nn, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported1 = 1;
				fflush(stdout);
		}	}
#else
		{	static int reported1 = 0;
			if (verbose && !reported1)
			{	printf("depth %d: Claim, state %d (line %d)\n",
					(int) depth, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported1 = 1;
				fflush(stdout);
		}	}
#endif
#endif
		reached[3][1] = 1;
		if (!( !(((((int)now.head)%2)==1))))
			continue;
		stk_ran[3] = 1; _m = 3; goto P999; /* 0 */
	case 4: // STATE 3 - _spin_nvr.tmp:4 - [(!(((head%2)==0)))] (0:0:0 - 1)
		
#if defined(VERI) && !defined(NP)
#if NCLAIMS>1
		{	static int reported3 = 0;
			if (verbose && !reported3)
			{	int nn = (int) ((Pclaim *)pptr(0))->_n;
				printf("depth %ld: Claim %s (%d), state %d (line %d)\n",
					depth, procname[spin_c_typ[nn]], nn, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported3 = 1;
				fflush(stdout);
		}	}
#else
		{	static int reported3 = 0;
			if (verbose && !reported3)
			{	printf("depth %d: Claim, state %d (line %d)\n",
					(int) depth, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported3 = 1;
				fflush(stdout);
		}	}
#endif
#endif
		reached[3][3] = 1;
		if (!( !(((((int)now.head)%2)==0))))
			continue;
		stk_ran[4] = 1; _m = 3; goto P999; /* 0 */
	case 5: // STATE 10 - _spin_nvr.tmp:9 - [(!(((head%2)==1)))] (0:0:0 - 1)
		
#if defined(VERI) && !defined(NP)
#if NCLAIMS>1
		{	static int reported10 = 0;
			if (verbose && !reported10)
			{	int nn = (int) ((Pclaim *)pptr(0))->_n;
				printf("depth %ld: Claim %s (%d), state %d (line %d)\n",
					depth, procname[spin_c_typ[nn]], nn, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported10 = 1;
				fflush(stdout);
		}	}
#else
		{	static int reported10 = 0;
			if (verbose && !reported10)
			{	printf("depth %d: Claim, state %d (line %d)\n",
					(int) depth, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported10 = 1;
				fflush(stdout);
		}	}
#endif
#endif
		reached[3][10] = 1;
		if (!( !(((((int)now.head)%2)==1))))
			continue;
		stk_ran[5] = 1; _m = 3; goto P999; /* 0 */
	case 6: // STATE 15 - _spin_nvr.tmp:13 - [(!(((head%2)==0)))] (0:0:0 - 1)
		
#if defined(VERI) && !defined(NP)
#if NCLAIMS>1
		{	static int reported15 = 0;
			if (verbose && !reported15)
			{	int nn = (int) ((Pclaim *)pptr(0))->_n;
				printf("depth %ld: Claim %s (%d), state %d (line %d)\n",
					depth, procname[spin_c_typ[nn]], nn, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported15 = 1;
				fflush(stdout);
		}	}
#else
		{	static int reported15 = 0;
			if (verbose && !reported15)
			{	printf("depth %d: Claim, state %d (line %d)\n",
					(int) depth, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported15 = 1;
				fflush(stdout);
		}	}
#endif
#endif
		reached[3][15] = 1;
		if (!( !(((((int)now.head)%2)==0))))
			continue;
		stk_ran[6] = 1; _m = 3; goto P999; /* 0 */
	case 7: // STATE 20 - _spin_nvr.tmp:15 - [-end-] (0:0:0 - 1)
		
#if defined(VERI) && !defined(NP)
#if NCLAIMS>1
		{	static int reported20 = 0;
			if (verbose && !reported20)
			{	int nn = (int) ((Pclaim *)pptr(0))->_n;
				printf("depth %ld: Claim %s (%d), state %d (line %d)\n",
					depth, procname[spin_c_typ[nn]], nn, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported20 = 1;
				fflush(stdout);
		}	}
#else
		{	static int reported20 = 0;
			if (verbose && !reported20)
			{	printf("depth %d: Claim, state %d (line %d)\n",
					(int) depth, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported20 = 1;
				fflush(stdout);
		}	}
#endif
#endif
		reached[3][20] = 1;
		if (!delproc(1, II)) continue;
		stk_ran[7] = 1; _m = 3; goto P999; /* 0 */

		 /* PROC host */
	case 8: // STATE 10 - /work/main/test/model/machine.pml:230 - [D_STEP230]
		if (!(boq == -1 && ((((int)now.status[ Index((((int)now.head)%2), 2) ])==3)||(((int)now.status[ Index((((int)now.head)%2), 2) ])==7))))
			continue;

		reached[2][10] = 1;
		reached[2][t->st] = 1;
		reached[2][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[8] = 1;
		S_284_0: /* 2 */
		if (!(((((int)now.status[ Index((((int)now.head)%2), 2) ])==3)||(((int)now.status[ Index((((int)now.head)%2), 2) ])==7))))
			Uerror("block in d_step seq");
S_285_0: /* 2 */
		spin_assert((((((int)now.tail)!=((int)now.head))&&((int)now.words[ Index((((int)now.head)%2), 2) ]))&&(((int)now.life[ Index((((int)now.head)%2), 2) ])==5)), "(((tail!=head)&&words[(head%2)])&&(life[(head%2)]==5))", II, tt, t);
S_289_0: /* 2 */
S_286_0: /* 2 */
		spin_assert((((int)now.owner[ Index((((int)now.head)%2), 2) ])==((int)now.head)), "(owner[(head%2)]==head)", II, tt, t);
S_287_0: /* 2 */
		now.life[ Index((now.head%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("life[(head%2)]", ((int)now.life[ Index((((int)now.head)%2), 2) ]));
#endif
		;
S_288_0: /* 2 */
		now.owner[ Index((now.head%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("owner[(head%2)]", ((int)now.owner[ Index((((int)now.head)%2), 2) ]));
#endif
		;
		goto S_290_0;
S_290_0: /* 2 */
		now.status[ Index((now.head%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("status[(head%2)]", ((int)now.status[ Index((((int)now.head)%2), 2) ]));
#endif
		;
S_291_0: /* 2 */
		now.yields[ Index((now.head%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("yields[(head%2)]", ((int)now.yields[ Index((((int)now.head)%2), 2) ]));
#endif
		;
S_292_0: /* 2 */
		now.head = ((((int)now.head)+1)%4);
#ifdef VAR_RANGES
		logval("head", ((int)now.head));
#endif
		;
		goto S_309_0;
S_309_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[8] = 1; _m = 3; goto P999;

	case 9: // STATE 24 - /work/main/test/model/mail.pml:267 - [D_STEP267]
		if (!(boq == -1 && ((( !(((int)now.lost))&&(((int)now.running)==0))&&(((int)now.tail)!=((int)now.head)))&& !(((((int)now.status[ Index((((int)now.head)%2), 2) ])==3)||(((int)now.status[ Index((((int)now.head)%2), 2) ])==7))))))
			continue;

		reached[2][24] = 1;
		reached[2][t->st] = 1;
		reached[2][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[9] = 1;
		S_295_0: /* 2 */
		if (!(((( !(((int)now.lost))&&(((int)now.running)==0))&&(((int)now.tail)!=((int)now.head)))&& !(((((int)now.status[ Index((((int)now.head)%2), 2) ])==3)||(((int)now.status[ Index((((int)now.head)%2), 2) ])==7))))))
			Uerror("block in d_step seq");
S_296_0: /* 2 */
		((P2 *)_this)->k = 1;
#ifdef VAR_RANGES
		logval("host:k", ((int)((P2 *)_this)->k));
#endif
		;
S_303_0: /* 2 */
S_302_0: /* 2 */
S_297_0: /* 2 */
		if (!((((int)((P2 *)_this)->k)<=3)))
			goto S_302_1;
S_298_0: /* 2 */
		now.inside[ Index(((P2 *)_this)->k, 4) ] = 1;
#ifdef VAR_RANGES
		logval("inside[host:k]", ((int)now.inside[ Index(((int)((P2 *)_this)->k), 4) ]));
#endif
		;
S_299_0: /* 2 */
		((P2 *)_this)->k = (((int)((P2 *)_this)->k)+1);
#ifdef VAR_RANGES
		logval("host:k", ((int)((P2 *)_this)->k));
#endif
		;
		goto S_303_0; /* ';' */
S_302_1: /* 3 */
S_300_0: /* 2 */
		/* else */;
S_301_0: /* 2 */
		goto S_305_0;	/* 'goto' */
S_302_2: /* 3 */
		Uerror("blocking sel in d_step (nr.0, near line 268)");
S_304_0: /* 2 */
		goto S_305_0;	/* 'break' */
S_305_0: /* 2 */
		now.running = 3;
#ifdef VAR_RANGES
		logval("running", ((int)now.running));
#endif
		;
S_306_0: /* 2 */
		((P2 *)_this)->k = 0;
#ifdef VAR_RANGES
		logval("host:k", ((int)((P2 *)_this)->k));
#endif
		;
		goto S_309_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[9] = 1; _m = 3; goto P999;

	case 10: // STATE 28 - /work/main/test/model/mail.pml:271 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[2][28] = 1;
		if (!delproc(1, II)) continue;
		stk_ran[10] = 1; _m = 3; goto P999; /* 0 */

		 /* PROC group */
	case 11: // STATE 1 - /work/main/test/model/mail.pml:174 - [((inside[_pid]&&!(lost)))] (256:0:2 - 1)
		IfNotBlocked
		reached[1][1] = 1;
		if (!((((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 4) ])&& !(((int)now.lost)))))
			continue;
		/* merge: me = arrived(256, 2, 256) */
		reached[1][2] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)((P1 *)_this)->me);
		((P1 *)_this)->me = ((int)now.arrived);
#ifdef VAR_RANGES
		logval("group:me", ((int)((P1 *)_this)->me));
#endif
		;
		/* merge: arrived = (arrived+1)(256, 3, 256) */
		reached[1][3] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.arrived);
		now.arrived = (((int)now.arrived)+1);
#ifdef VAR_RANGES
		logval("arrived", ((int)now.arrived));
#endif
		;
		stk_ran[11] = 1; _m = 3; goto P999; /* 2 */
	case 12: // STATE 5 - /work/main/test/model/mail.pml:177 - [((me==0))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][5] = 1;
		if (!((((int)((P1 *)_this)->me)==0)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: me */  (trpt+1)->bup.oval = ((P1 *)_this)->me;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->me = 0;
		stk_ran[12] = 1; _m = 3; goto P999; /* 0 */
	case 13: // STATE 6 - /work/main/test/model/mail.pml:178 - [cursor = cursor_word] (0:0:1 - 1)
		IfNotBlocked
		reached[1][6] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->cursor);
		((P1 *)_this)->cursor = ((int)now.cursor_word);
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
		stk_ran[13] = 1; _m = 3; goto P999; /* 0 */
	case 14: // STATE 7 - /work/main/test/model/mail.pml:104 - [b = 0] (0:18:2 - 1)
		IfNotBlocked
		reached[1][7] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		/* merge: busy = 0(18, 8, 18) */
		reached[1][8] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		/* merge: .(goto)(0, 19, 18) */
		reached[1][19] = 1;
		;
		stk_ran[14] = 1; _m = 3; goto P999; /* 2 */
	case 15: // STATE 9 - /work/main/test/model/mail.pml:107 - [((b==(3-1)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][9] = 1;
		if (!((((int)((P1 *)_this)->b)==(3-1))))
			continue;
		stk_ran[15] = 1; _m = 3; goto P999; /* 0 */
	case 16: // STATE 11 - /work/main/test/model/mail.pml:112 - [((((b<(3-1))&&(b!=given))&&((box[b]==1)||(box[b]==4))))] (71:0:0 - 1)
		IfNotBlocked
		reached[1][11] = 1;
		if (!((((((int)((P1 *)_this)->b)<(3-1))&&(((int)((P1 *)_this)->b)!=((int)((P1 *)_this)->given)))&&((((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==4)))))
			continue;
		/* merge: goto :b3(0, 12, 71) */
		reached[1][12] = 1;
		;
		stk_ran[16] = 1; _m = 3; goto P999; /* 1 */
	case 17: // STATE 14 - /work/main/test/model/mail.pml:113 - [(((b<(3-1))&&((b==given)||!(((box[b]==1)||(box[b]==4))))))] (18:0:2 - 1)
		IfNotBlocked
		reached[1][14] = 1;
		if (!(((((int)((P1 *)_this)->b)<(3-1))&&((((int)((P1 *)_this)->b)==((int)((P1 *)_this)->given))|| !(((((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==4)))))))
			continue;
		/* merge: busy = ((busy||(b==given))||((box[b]==2)||(box[b]==4)))(18, 15, 18) */
		reached[1][15] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = ((((int)((P1 *)_this)->busy)||(((int)((P1 *)_this)->b)==((int)((P1 *)_this)->given)))||((((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==2)||(((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==4)));
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		/* merge: b = (b+1)(18, 16, 18) */
		reached[1][16] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = (((int)((P1 *)_this)->b)+1);
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		/* merge: .(goto)(0, 19, 18) */
		reached[1][19] = 1;
		;
		stk_ran[17] = 1; _m = 3; goto P999; /* 3 */
	case 18: // STATE 22 - /work/main/test/model/mail.pml:79 - [((given==(3-1)))] (107:0:2 - 1)
		IfNotBlocked
		reached[1][22] = 1;
		if (!((((int)((P1 *)_this)->given)==(3-1))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: given */  (trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->given;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->given = 0;
		/* merge: .(goto)(107, 69, 107) */
		reached[1][69] = 1;
		;
		/* merge: given = (3-1)(107, 70, 107) */
		reached[1][70] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		stk_ran[18] = 1; _m = 3; goto P999; /* 2 */
	case 19: // STATE 23 - /work/main/test/model/mail.pml:83 - [(((given<(3-1))&&(box[given]==1)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][23] = 1;
		if (!(((((int)((P1 *)_this)->given)<(3-1))&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==1))))
			continue;
		stk_ran[19] = 1; _m = 3; goto P999; /* 0 */
	case 20: // STATE 24 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:107:3 - 1)
		IfNotBlocked
		reached[1][24] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]);
		now.box[ Index(((P1 *)_this)->given, 2) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]));
#endif
		;
		/* merge: holder[job[given]] = (10+given)(107, 25, 107) */
		reached[1][25] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		/* merge: .(goto)(107, 69, 107) */
		reached[1][69] = 1;
		;
		/* merge: given = (3-1)(107, 70, 107) */
		reached[1][70] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		stk_ran[20] = 1; _m = 3; goto P999; /* 3 */
	case 21: // STATE 35 - /work/main/test/model/mail.pml:84 - [D_STEP84]
		if (!(boq == -1 && ((((int)((P1 *)_this)->given)<(3-1))&& !(((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==4))))))
			continue;

		reached[1][35] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[21] = 1;
		S_051_0: /* 2 */
		if (!(((((int)((P1 *)_this)->given)<(3-1))&& !(((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==4))))))
			Uerror("block in d_step seq");
S_057_0: /* 2 */
S_055_0: /* 2 */
S_052_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_053_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
S_054_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_056_0;
S_056_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_092_0;
S_092_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[21] = 1; _m = 3; goto P999;

	case 22: // STATE 36 - /work/main/test/model/mail.pml:85 - [(((given<(3-1))&&(box[given]==4)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][36] = 1;
		if (!(((((int)((P1 *)_this)->given)<(3-1))&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==4))))
			continue;
		stk_ran[22] = 1; _m = 3; goto P999; /* 0 */
	case 23: // STATE 37 - /work/main/test/model/mail.pml:87 - [((box[given]==4))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][37] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==4)))
			continue;
		stk_ran[23] = 1; _m = 3; goto P999; /* 0 */
	case 24: // STATE 38 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:107:3 - 1)
		IfNotBlocked
		reached[1][38] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]);
		now.box[ Index(((P1 *)_this)->given, 2) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]));
#endif
		;
		/* merge: holder[job[given]] = (10+given)(107, 39, 107) */
		reached[1][39] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		/* merge: .(goto)(107, 67, 107) */
		reached[1][67] = 1;
		;
		/* merge: .(goto)(107, 69, 107) */
		reached[1][69] = 1;
		;
		/* merge: given = (3-1)(107, 70, 107) */
		reached[1][70] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		stk_ran[24] = 1; _m = 3; goto P999; /* 4 */
	case 25: // STATE 42 - /work/main/test/model/mail.pml:88 - [((box[given]==1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][42] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==1)))
			continue;
		stk_ran[25] = 1; _m = 3; goto P999; /* 0 */
	case 26: // STATE 43 - /work/main/test/model/mail.pml:90 - [((box[given]==1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][43] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==1)))
			continue;
		stk_ran[26] = 1; _m = 3; goto P999; /* 0 */
	case 27: // STATE 44 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:107:3 - 1)
		IfNotBlocked
		reached[1][44] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]);
		now.box[ Index(((P1 *)_this)->given, 2) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]));
#endif
		;
		/* merge: holder[job[given]] = (10+given)(107, 45, 107) */
		reached[1][45] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		/* merge: .(goto)(107, 57, 107) */
		reached[1][57] = 1;
		;
		/* merge: .(goto)(107, 67, 107) */
		reached[1][67] = 1;
		;
		/* merge: .(goto)(107, 69, 107) */
		reached[1][69] = 1;
		;
		/* merge: given = (3-1)(107, 70, 107) */
		reached[1][70] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		stk_ran[27] = 1; _m = 3; goto P999; /* 5 */
	case 28: // STATE 55 - /work/main/test/model/mail.pml:91 - [D_STEP91]
		if (!(boq == -1 && (((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=1)))
			continue;

		reached[1][55] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[28] = 1;
		S_071_0: /* 2 */
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=1)))
			Uerror("block in d_step seq");
S_077_0: /* 2 */
S_075_0: /* 2 */
S_072_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_073_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
S_074_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_076_0;
S_076_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_080_0;
S_080_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[28] = 1; _m = 3; goto P999;

	case 29: // STATE 65 - /work/main/test/model/mail.pml:93 - [D_STEP93]
		if (!(boq == -1 && ((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=4)&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=1))))
			continue;

		reached[1][65] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[29] = 1;
		S_081_0: /* 2 */
		if (!(((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=4)&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=1))))
			Uerror("block in d_step seq");
S_087_0: /* 2 */
S_085_0: /* 2 */
S_082_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_083_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
S_084_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_086_0;
S_086_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_090_0;
S_090_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[29] = 1; _m = 3; goto P999;

	case 30: // STATE 70 - /work/main/test/model/mail.pml:97 - [given = (3-1)] (0:107:1 - 10)
		IfNotBlocked
		reached[1][70] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		stk_ran[30] = 1; _m = 3; goto P999; /* 0 */
	case 31: // STATE 72 - /work/main/test/model/mail.pml:130 - [((((b<(3-1))||!(busy))&&(((status[cursor]==1)||(status[cursor]==5))||(status[cursor]==6))))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][72] = 1;
		if (!((((((int)((P1 *)_this)->b)<(3-1))|| !(((int)((P1 *)_this)->busy)))&&(((((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==1)||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==5))||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==6)))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: busy */  (trpt+1)->bup.oval = ((P1 *)_this)->busy;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->busy = 0;
		stk_ran[31] = 1; _m = 3; goto P999; /* 0 */
	case 32: // STATE 79 - /work/main/test/model/mail.pml:131 - [D_STEP131]
		IfNotBlocked

		reached[1][79] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[32] = 1;
		S_096_0: /* 2 */
		now.status[ Index(((P1 *)_this)->cursor, 2) ] = 2;
#ifdef VAR_RANGES
		logval("status[group:cursor]", ((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
S_100_0: /* 2 */
S_097_0: /* 2 */
		spin_assert((((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ])==2), "(life[cursor]==2)", II, tt, t);
S_098_0: /* 2 */
		now.life[ Index(((P1 *)_this)->cursor, 2) ] = 3;
#ifdef VAR_RANGES
		logval("life[group:cursor]", ((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
S_099_0: /* 2 */
		now.holder[ Index(((P1 *)_this)->cursor, 2) ] = ((int)((P1 *)_this)->_pid);
#ifdef VAR_RANGES
		logval("holder[group:cursor]", ((int)now.holder[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
		goto S_101_0;
S_101_0: /* 2 */
		spin_assert(((int)now.words[ Index(((int)((P1 *)_this)->cursor), 2) ]), "words[cursor]", II, tt, t);
		goto S_124_0;
S_124_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[32] = 1; _m = 3; goto P999;

	case 33: // STATE 80 - /work/main/test/model/mail.pml:133 - [((b==(3-1)))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][80] = 1;
		if (!((((int)((P1 *)_this)->b)==(3-1))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: b */  (trpt+1)->bup.oval = ((P1 *)_this)->b;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->b = 0;
		stk_ran[33] = 1; _m = 3; goto P999; /* 0 */
	case 34: // STATE 86 - /work/main/test/model/mail.pml:42 - [D_STEP42]
		/* default 258 */
		

		reached[1][86] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;


		reached[1][86] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		sv_save(); stk_ran[34] = 1;
		S_107_0: /* 2 */
S_104_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ])==3)&&(((int)now.holder[ Index(((int)((P1 *)_this)->cursor), 2) ])==((int)((P1 *)_this)->_pid))), "((life[cursor]==3)&&(holder[cursor]==_pid))", II, tt, t);
S_105_0: /* 2 */
		now.life[ Index(((P1 *)_this)->cursor, 2) ] = 5;
#ifdef VAR_RANGES
		logval("life[group:cursor]", ((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
S_106_0: /* 2 */
		now.holder[ Index(((P1 *)_this)->cursor, 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[group:cursor]", ((int)now.holder[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
		goto S_108_0;
S_108_0: /* 2 */
		now.status[ Index(((P1 *)_this)->cursor, 2) ] = 3;
#ifdef VAR_RANGES
		logval("status[group:cursor]", ((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
		goto S_119_0;
S_119_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[34] = 1; _m = 3; goto P999;

	case 35: // STATE 94 - /work/main/test/model/mail.pml:44 - [D_STEP44]
		if (!(boq == -1 && (((int)now.yields[ Index(((int)((P1 *)_this)->cursor), 2) ])==0)))
			continue;

		reached[1][94] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[35] = 1;
		S_110_0: /* 2 */
		if (!((((int)now.yields[ Index(((int)((P1 *)_this)->cursor), 2) ])==0)))
			Uerror("block in d_step seq");
S_111_0: /* 2 */
		now.yields[ Index(((P1 *)_this)->cursor, 2) ] = 1;
#ifdef VAR_RANGES
		logval("yields[group:cursor]", ((int)now.yields[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
S_115_0: /* 2 */
S_112_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ])==3)&&(((int)now.holder[ Index(((int)((P1 *)_this)->cursor), 2) ])==((int)((P1 *)_this)->_pid))), "((life[cursor]==3)&&(holder[cursor]==_pid))", II, tt, t);
S_113_0: /* 2 */
		now.life[ Index(((P1 *)_this)->cursor, 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[group:cursor]", ((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
S_114_0: /* 2 */
		now.holder[ Index(((P1 *)_this)->cursor, 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[group:cursor]", ((int)now.holder[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
		goto S_116_0;
S_116_0: /* 2 */
		now.status[ Index(((P1 *)_this)->cursor, 2) ] = 5;
#ifdef VAR_RANGES
		logval("status[group:cursor]", ((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
		goto S_119_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[35] = 1; _m = 3; goto P999;

	case 36: // STATE 98 - /work/main/test/model/mail.pml:134 - [((b<(3-1)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][98] = 1;
		if (!((((int)((P1 *)_this)->b)<(3-1))))
			continue;
		stk_ran[36] = 1; _m = 3; goto P999; /* 0 */
	case 37: // STATE 99 - /work/main/test/model/mail.pml:134 - [job[b] = cursor] (0:0:1 - 1)
		IfNotBlocked
		reached[1][99] = 1;
		(trpt+1)->bup.oval = ((int)now.job[ Index(((int)((P1 *)_this)->b), 2) ]);
		now.job[ Index(((P1 *)_this)->b, 2) ] = ((int)((P1 *)_this)->cursor);
#ifdef VAR_RANGES
		logval("job[group:b]", ((int)now.job[ Index(((int)((P1 *)_this)->b), 2) ]));
#endif
		;
		stk_ran[37] = 1; _m = 3; goto P999; /* 0 */
	case 38: // STATE 100 - /work/main/test/model/mail.pml:134 - [given = b] (0:114:4 - 1)
		IfNotBlocked
		reached[1][100] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = ((int)((P1 *)_this)->b);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		/* merge: .(goto)(114, 102, 114) */
		reached[1][102] = 1;
		;
		/* merge: cursor = ((cursor+1)%2)(114, 103, 114) */
		reached[1][103] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->cursor);
		((P1 *)_this)->cursor = ((((int)((P1 *)_this)->cursor)+1)%2);
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
		/* merge: .(goto)(114, 108, 114) */
		reached[1][108] = 1;
		;
		/* merge: b = 0(114, 109, 114) */
		reached[1][109] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		/* merge: busy = 0(114, 110, 114) */
		reached[1][110] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		stk_ran[38] = 1; _m = 3; goto P999; /* 5 */
	case 39: // STATE 103 - /work/main/test/model/mail.pml:136 - [cursor = ((cursor+1)%2)] (0:114:3 - 5)
		IfNotBlocked
		reached[1][103] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((int)((P1 *)_this)->cursor);
		((P1 *)_this)->cursor = ((((int)((P1 *)_this)->cursor)+1)%2);
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
		/* merge: .(goto)(114, 108, 114) */
		reached[1][108] = 1;
		;
		/* merge: b = 0(114, 109, 114) */
		reached[1][109] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		/* merge: busy = 0(114, 110, 114) */
		reached[1][110] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		stk_ran[39] = 1; _m = 3; goto P999; /* 3 */
	case 40: // STATE 104 - /work/main/test/model/mail.pml:137 - [((!(((b<(3-1))||!(busy)))&&(((status[cursor]==1)||(status[cursor]==5))||(status[cursor]==6))))] (0:0:2 - 1)
		IfNotBlocked
		reached[1][104] = 1;
		if (!(( !(((((int)((P1 *)_this)->b)<(3-1))|| !(((int)((P1 *)_this)->busy))))&&(((((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==1)||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==5))||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==6)))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: b */  (trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->b;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->b = 0;
		if (TstOnly) return 1; /* TT */
		/* dead 1: busy */  (trpt+1)->bup.ovals[1] = ((P1 *)_this)->busy;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->busy = 0;
		stk_ran[40] = 1; _m = 3; goto P999; /* 0 */
	case 41: // STATE 105 - /work/main/test/model/mail.pml:138 - [(!((((status[cursor]==1)||(status[cursor]==5))||(status[cursor]==6))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][105] = 1;
		if (!( !((((((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==1)||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==5))||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==6)))))
			continue;
		stk_ran[41] = 1; _m = 3; goto P999; /* 0 */
	case 42: // STATE 106 - /work/main/test/model/mail.pml:138 - [cursor = ((cursor+1)%2)] (0:114:3 - 1)
		IfNotBlocked
		reached[1][106] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((int)((P1 *)_this)->cursor);
		((P1 *)_this)->cursor = ((((int)((P1 *)_this)->cursor)+1)%2);
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
		/* merge: .(goto)(114, 108, 114) */
		reached[1][108] = 1;
		;
		/* merge: b = 0(114, 109, 114) */
		reached[1][109] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		/* merge: busy = 0(114, 110, 114) */
		reached[1][110] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		stk_ran[42] = 1; _m = 3; goto P999; /* 3 */
	case 43: // STATE 109 - /work/main/test/model/mail.pml:140 - [b = 0] (0:114:2 - 4)
		IfNotBlocked
		reached[1][109] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		/* merge: busy = 0(114, 110, 114) */
		reached[1][110] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		stk_ran[43] = 1; _m = 3; goto P999; /* 1 */
	case 44: // STATE 119 - /work/main/test/model/mail.pml:79 - [((given==(3-1)))] (169:0:3 - 1)
		IfNotBlocked
		reached[1][119] = 1;
		if (!((((int)((P1 *)_this)->given)==(3-1))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: given */  (trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((P1 *)_this)->given;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->given = 0;
		/* merge: .(goto)(169, 166, 169) */
		reached[1][166] = 1;
		;
		/* merge: given = (3-1)(169, 167, 169) */
		reached[1][167] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		if (TstOnly) return 1; /* TT */
		/* dead 2: given */  
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->given = 0;
		stk_ran[44] = 1; _m = 3; goto P999; /* 2 */
	case 45: // STATE 120 - /work/main/test/model/mail.pml:83 - [(((given<(3-1))&&(box[given]==1)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][120] = 1;
		if (!(((((int)((P1 *)_this)->given)<(3-1))&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==1))))
			continue;
		stk_ran[45] = 1; _m = 3; goto P999; /* 0 */
	case 46: // STATE 121 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:169:4 - 1)
		IfNotBlocked
		reached[1][121] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]);
		now.box[ Index(((P1 *)_this)->given, 2) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]));
#endif
		;
		/* merge: holder[job[given]] = (10+given)(169, 122, 169) */
		reached[1][122] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		/* merge: .(goto)(169, 166, 169) */
		reached[1][166] = 1;
		;
		/* merge: given = (3-1)(169, 167, 169) */
		reached[1][167] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		if (TstOnly) return 1; /* TT */
		/* dead 2: given */  
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->given = 0;
		stk_ran[46] = 1; _m = 3; goto P999; /* 3 */
	case 47: // STATE 132 - /work/main/test/model/mail.pml:84 - [D_STEP84]
		if (!(boq == -1 && ((((int)((P1 *)_this)->given)<(3-1))&& !(((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==4))))))
			continue;

		reached[1][132] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[47] = 1;
		S_148_0: /* 2 */
		if (!(((((int)((P1 *)_this)->given)<(3-1))&& !(((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==4))))))
			Uerror("block in d_step seq");
S_154_0: /* 2 */
S_152_0: /* 2 */
S_149_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_150_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
S_151_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_153_0;
S_153_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_189_0;
S_189_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[47] = 1; _m = 3; goto P999;

	case 48: // STATE 133 - /work/main/test/model/mail.pml:85 - [(((given<(3-1))&&(box[given]==4)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][133] = 1;
		if (!(((((int)((P1 *)_this)->given)<(3-1))&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==4))))
			continue;
		stk_ran[48] = 1; _m = 3; goto P999; /* 0 */
	case 49: // STATE 134 - /work/main/test/model/mail.pml:87 - [((box[given]==4))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][134] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==4)))
			continue;
		stk_ran[49] = 1; _m = 3; goto P999; /* 0 */
	case 50: // STATE 135 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:169:4 - 1)
		IfNotBlocked
		reached[1][135] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]);
		now.box[ Index(((P1 *)_this)->given, 2) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]));
#endif
		;
		/* merge: holder[job[given]] = (10+given)(169, 136, 169) */
		reached[1][136] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		/* merge: .(goto)(169, 164, 169) */
		reached[1][164] = 1;
		;
		/* merge: .(goto)(169, 166, 169) */
		reached[1][166] = 1;
		;
		/* merge: given = (3-1)(169, 167, 169) */
		reached[1][167] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		if (TstOnly) return 1; /* TT */
		/* dead 2: given */  
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->given = 0;
		stk_ran[50] = 1; _m = 3; goto P999; /* 4 */
	case 51: // STATE 139 - /work/main/test/model/mail.pml:88 - [((box[given]==1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][139] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==1)))
			continue;
		stk_ran[51] = 1; _m = 3; goto P999; /* 0 */
	case 52: // STATE 140 - /work/main/test/model/mail.pml:90 - [((box[given]==1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][140] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])==1)))
			continue;
		stk_ran[52] = 1; _m = 3; goto P999; /* 0 */
	case 53: // STATE 141 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:169:4 - 1)
		IfNotBlocked
		reached[1][141] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]);
		now.box[ Index(((P1 *)_this)->given, 2) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ]));
#endif
		;
		/* merge: holder[job[given]] = (10+given)(169, 142, 169) */
		reached[1][142] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		/* merge: .(goto)(169, 154, 169) */
		reached[1][154] = 1;
		;
		/* merge: .(goto)(169, 164, 169) */
		reached[1][164] = 1;
		;
		/* merge: .(goto)(169, 166, 169) */
		reached[1][166] = 1;
		;
		/* merge: given = (3-1)(169, 167, 169) */
		reached[1][167] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		if (TstOnly) return 1; /* TT */
		/* dead 2: given */  
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->given = 0;
		stk_ran[53] = 1; _m = 3; goto P999; /* 5 */
	case 54: // STATE 152 - /work/main/test/model/mail.pml:91 - [D_STEP91]
		if (!(boq == -1 && (((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=1)))
			continue;

		reached[1][152] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[54] = 1;
		S_168_0: /* 2 */
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=1)))
			Uerror("block in d_step seq");
S_174_0: /* 2 */
S_172_0: /* 2 */
S_169_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_170_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
S_171_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_173_0;
S_173_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_177_0;
S_177_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[54] = 1; _m = 3; goto P999;

	case 55: // STATE 162 - /work/main/test/model/mail.pml:93 - [D_STEP93]
		if (!(boq == -1 && ((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=4)&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=1))))
			continue;

		reached[1][162] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[55] = 1;
		S_178_0: /* 2 */
		if (!(((((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=4)&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 2) ])!=1))))
			Uerror("block in d_step seq");
S_184_0: /* 2 */
S_182_0: /* 2 */
S_179_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_180_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
S_181_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_183_0;
S_183_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 2) ]), 2) ]));
#endif
		;
		goto S_187_0;
S_187_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[55] = 1; _m = 3; goto P999;

	case 56: // STATE 167 - /work/main/test/model/mail.pml:97 - [given = (3-1)] (0:169:2 - 10)
		IfNotBlocked
		reached[1][167] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		if (TstOnly) return 1; /* TT */
		/* dead 2: given */  
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->given = 0;
		stk_ran[56] = 1; _m = 3; goto P999; /* 0 */
	case 57: // STATE 169 - /work/main/test/model/mail.pml:187 - [cursor_word = cursor] (0:0:1 - 1)
		IfNotBlocked
		reached[1][169] = 1;
		(trpt+1)->bup.oval = ((int)now.cursor_word);
		now.cursor_word = ((int)((P1 *)_this)->cursor);
#ifdef VAR_RANGES
		logval("cursor_word", ((int)now.cursor_word));
#endif
		;
		stk_ran[57] = 1; _m = 3; goto P999; /* 0 */
	case 58: // STATE 170 - /work/main/test/model/mail.pml:188 - [stop = 1] (0:0:1 - 1)
		IfNotBlocked
		reached[1][170] = 1;
		(trpt+1)->bup.oval = ((int)stop);
		stop = 1;
#ifdef VAR_RANGES
		logval("stop", ((int)stop));
#endif
		;
		stk_ran[58] = 1; _m = 3; goto P999; /* 0 */
	case 59: // STATE 171 - /work/main/test/model/mail.pml:189 - [((me!=0))] (173:0:1 - 1)
		IfNotBlocked
		reached[1][171] = 1;
		if (!((((int)((P1 *)_this)->me)!=0)))
			continue;
		/* merge: b = (me-1)(0, 172, 173) */
		reached[1][172] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = (((int)((P1 *)_this)->me)-1);
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		stk_ran[59] = 1; _m = 3; goto P999; /* 1 */
	case 60: // STATE 173 - /work/main/test/model/mail.pml:191 - [box[b] = 1] (0:0:1 - 1)
		IfNotBlocked
		reached[1][173] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ]);
		now.box[ Index(((P1 *)_this)->b, 2) ] = 1;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ]));
#endif
		;
		stk_ran[60] = 1; _m = 3; goto P999; /* 0 */
	case 61: // STATE 174 - /work/main/test/model/mail.pml:193 - [((box[b]==2))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][174] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==2)))
			continue;
		stk_ran[61] = 1; _m = 3; goto P999; /* 0 */
	case 62: // STATE 175 - /work/main/test/model/mail.pml:147 - [stays = 1] (0:0:1 - 1)
		IfNotBlocked
		reached[1][175] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->stays);
		((P1 *)_this)->stays = 1;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		stk_ran[62] = 1; _m = 3; goto P999; /* 0 */
	case 63: // STATE 176 - /work/main/test/model/mail.pml:148 - [box[b] = 4] (0:0:1 - 1)
		IfNotBlocked
		reached[1][176] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ]);
		now.box[ Index(((P1 *)_this)->b, 2) ] = 4;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ]));
#endif
		;
		stk_ran[63] = 1; _m = 3; goto P999; /* 0 */
	case 64: // STATE 179 - /work/main/test/model/mail.pml:149 - [D_STEP149]
		IfNotBlocked

		reached[1][179] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[64] = 1;
		S_200_0: /* 2 */
		((P1 *)_this)->mine = ((int)now.job[ Index(((int)((P1 *)_this)->b), 2) ]);
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
S_201_0: /* 2 */
		now.job[ Index(((P1 *)_this)->b, 2) ] = 0;
#ifdef VAR_RANGES
		logval("job[group:b]", ((int)now.job[ Index(((int)((P1 *)_this)->b), 2) ]));
#endif
		;
		goto S_219_0;
S_219_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[64] = 1; _m = 3; goto P999;

	case 65: // STATE 185 - /work/main/test/model/mail.pml:42 - [D_STEP42]
		/* default 258 */
		

		reached[1][185] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;


		reached[1][185] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		sv_save(); stk_ran[65] = 1;
		S_206_0: /* 2 */
S_203_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)((P1 *)_this)->mine), 2) ])==3)&&(((int)now.holder[ Index(((int)((P1 *)_this)->mine), 2) ])==(10+((int)((P1 *)_this)->b)))), "((life[mine]==3)&&(holder[mine]==(10+b)))", II, tt, t);
S_204_0: /* 2 */
		now.life[ Index(((P1 *)_this)->mine, 2) ] = 5;
#ifdef VAR_RANGES
		logval("life[group:mine]", ((int)now.life[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
S_205_0: /* 2 */
		now.holder[ Index(((P1 *)_this)->mine, 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[group:mine]", ((int)now.holder[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
		goto S_207_0;
S_207_0: /* 2 */
		now.status[ Index(((P1 *)_this)->mine, 2) ] = 3;
#ifdef VAR_RANGES
		logval("status[group:mine]", ((int)now.status[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
		goto S_218_0;
S_218_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[65] = 1; _m = 3; goto P999;

	case 66: // STATE 193 - /work/main/test/model/mail.pml:44 - [D_STEP44]
		if (!(boq == -1 && (((int)now.yields[ Index(((int)((P1 *)_this)->mine), 2) ])==0)))
			continue;

		reached[1][193] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[66] = 1;
		S_209_0: /* 2 */
		if (!((((int)now.yields[ Index(((int)((P1 *)_this)->mine), 2) ])==0)))
			Uerror("block in d_step seq");
S_210_0: /* 2 */
		now.yields[ Index(((P1 *)_this)->mine, 2) ] = 1;
#ifdef VAR_RANGES
		logval("yields[group:mine]", ((int)now.yields[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
S_214_0: /* 2 */
S_211_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)((P1 *)_this)->mine), 2) ])==3)&&(((int)now.holder[ Index(((int)((P1 *)_this)->mine), 2) ])==(10+((int)((P1 *)_this)->b)))), "((life[mine]==3)&&(holder[mine]==(10+b)))", II, tt, t);
S_212_0: /* 2 */
		now.life[ Index(((P1 *)_this)->mine, 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[group:mine]", ((int)now.life[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
S_213_0: /* 2 */
		now.holder[ Index(((P1 *)_this)->mine, 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[group:mine]", ((int)now.holder[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
		goto S_215_0;
S_215_0: /* 2 */
		now.status[ Index(((P1 *)_this)->mine, 2) ] = 5;
#ifdef VAR_RANGES
		logval("status[group:mine]", ((int)now.status[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
		goto S_218_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[66] = 1; _m = 3; goto P999;

	case 67: // STATE 200 - /work/main/test/model/mail.pml:162 - [D_STEP162]
		if (!(boq == -1 &&  !(((int)((P1 *)_this)->stays))))
			continue;

		reached[1][200] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[67] = 1;
		S_220_0: /* 2 */
		if (!( !(((int)((P1 *)_this)->stays))))
			Uerror("block in d_step seq");
S_221_0: /* 2 */
		now.box[ Index(((P1 *)_this)->b, 2) ] = 3;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ]));
#endif
		;
S_222_0: /* 2 */
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
		goto S_239_0;
S_239_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[67] = 1; _m = 3; goto P999;

	case 68: // STATE 205 - /work/main/test/model/mail.pml:163 - [D_STEP163]
		if (!(boq == -1 && (((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==4))))
			continue;

		reached[1][205] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[68] = 1;
		S_224_0: /* 2 */
		if (!((((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==4))))
			Uerror("block in d_step seq");
S_225_0: /* 2 */
		now.box[ Index(((P1 *)_this)->b, 2) ] = 1;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ]));
#endif
		;
S_226_0: /* 2 */
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
S_227_0: /* 2 */
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		goto S_239_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[68] = 1; _m = 3; goto P999;

	case 69: // STATE 210 - /work/main/test/model/mail.pml:164 - [D_STEP164]
		if (!(boq == -1 && ((((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==4))&&1)))
			continue;

		reached[1][210] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[69] = 1;
		S_229_0: /* 2 */
		if (!(((((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==4))&&1)))
			Uerror("block in d_step seq");
S_230_0: /* 2 */
		now.box[ Index(((P1 *)_this)->b, 2) ] = 3;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ]));
#endif
		;
S_231_0: /* 2 */
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
S_232_0: /* 2 */
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		goto S_239_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[69] = 1; _m = 3; goto P999;

	case 70: // STATE 214 - /work/main/test/model/mail.pml:165 - [D_STEP165]
		if (!(boq == -1 && (((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==2))))
			continue;

		reached[1][214] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[70] = 1;
		S_234_0: /* 2 */
		if (!((((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==2))))
			Uerror("block in d_step seq");
S_235_0: /* 2 */
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
S_236_0: /* 2 */
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		goto S_239_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[70] = 1; _m = 3; goto P999;

	case 71: // STATE 218 - /work/main/test/model/mail.pml:194 - [((box[b]==3))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][218] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==3)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: b */  (trpt+1)->bup.oval = ((P1 *)_this)->b;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->b = 0;
		stk_ran[71] = 1; _m = 3; goto P999; /* 0 */
	case 72: // STATE 220 - /work/main/test/model/mail.pml:195 - [(((box[b]==1)&&1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][220] = 1;
		if (!(((((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==1)&&1)))
			continue;
		stk_ran[72] = 1; _m = 3; goto P999; /* 0 */
	case 73: // STATE 221 - /work/main/test/model/mail.pml:200 - [((box[b]==1))] (255:0:1 - 1)
		IfNotBlocked
		reached[1][221] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==1)))
			continue;
		/* merge: box[b] = 3(255, 222, 255) */
		reached[1][222] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ]);
		now.box[ Index(((P1 *)_this)->b, 2) ] = 3;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ]));
#endif
		;
		/* merge: goto :b4(255, 223, 255) */
		reached[1][223] = 1;
		;
		stk_ran[73] = 1; _m = 3; goto P999; /* 2 */
	case 74: // STATE 225 - /work/main/test/model/mail.pml:201 - [((box[b]==2))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][225] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->b), 2) ])==2)))
			continue;
		stk_ran[74] = 1; _m = 3; goto P999; /* 0 */
	case 75: // STATE 235 - /work/main/test/model/mail.pml:217 - [left = (left+1)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][235] = 1;
		(trpt+1)->bup.oval = ((int)now.left);
		now.left = (((int)now.left)+1);
#ifdef VAR_RANGES
		logval("left", ((int)now.left));
#endif
		;
		stk_ran[75] = 1; _m = 3; goto P999; /* 0 */
	case 76: // STATE 236 - /work/main/test/model/mail.pml:219 - [((left==3))] (257:0:14 - 1)
		IfNotBlocked
		reached[1][236] = 1;
		if (!((((int)now.left)==3)))
			continue;
		/* merge: assert(((life[0]!=3)&&(life[1]!=3)))(257, 237, 257) */
		reached[1][237] = 1;
		spin_assert(((((int)now.life[0])!=3)&&(((int)now.life[1])!=3)), "((life[0]!=3)&&(life[1]!=3))", II, tt, t);
		/* merge: left = 0(257, 238, 257) */
		reached[1][238] = 1;
		(trpt+1)->bup.ovals = grab_ints(14);
		(trpt+1)->bup.ovals[0] = ((int)now.left);
		now.left = 0;
#ifdef VAR_RANGES
		logval("left", ((int)now.left));
#endif
		;
		/* merge: arrived = 0(257, 239, 257) */
		reached[1][239] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.arrived);
		now.arrived = 0;
#ifdef VAR_RANGES
		logval("arrived", ((int)now.arrived));
#endif
		;
		/* merge: stop = 0(257, 240, 257) */
		reached[1][240] = 1;
		(trpt+1)->bup.ovals[2] = ((int)stop);
		stop = 0;
#ifdef VAR_RANGES
		logval("stop", ((int)stop));
#endif
		;
		/* merge: box[0] = 0(257, 241, 257) */
		reached[1][241] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.box[0]);
		now.box[0] = 0;
#ifdef VAR_RANGES
		logval("box[0]", ((int)now.box[0]));
#endif
		;
		/* merge: box[((3-1)-1)] = 0(257, 242, 257) */
		reached[1][242] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.box[ Index(((3-1)-1), 2) ]);
		now.box[ Index(((3-1)-1), 2) ] = 0;
#ifdef VAR_RANGES
		logval("box[((3-1)-1)]", ((int)now.box[ Index(((3-1)-1), 2) ]));
#endif
		;
		/* merge: .(goto)(257, 245, 257) */
		reached[1][245] = 1;
		;
		/* merge: inside[_pid] = 0(257, 246, 257) */
		reached[1][246] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 4) ]);
		now.inside[ Index(((P1 *)_this)->_pid, 4) ] = 0;
#ifdef VAR_RANGES
		logval("inside[_pid]", ((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 4) ]));
#endif
		;
		/* merge: running = (running-1)(257, 247, 257) */
		reached[1][247] = 1;
		(trpt+1)->bup.ovals[6] = ((int)now.running);
		now.running = (((int)now.running)-1);
#ifdef VAR_RANGES
		logval("running", ((int)now.running));
#endif
		;
		/* merge: me = 0(257, 248, 257) */
		reached[1][248] = 1;
		(trpt+1)->bup.ovals[7] = ((int)((P1 *)_this)->me);
		((P1 *)_this)->me = 0;
#ifdef VAR_RANGES
		logval("group:me", ((int)((P1 *)_this)->me));
#endif
		;
		/* merge: cursor = 0(257, 249, 257) */
		reached[1][249] = 1;
		(trpt+1)->bup.ovals[8] = ((int)((P1 *)_this)->cursor);
		((P1 *)_this)->cursor = 0;
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
		/* merge: b = 0(257, 250, 257) */
		reached[1][250] = 1;
		(trpt+1)->bup.ovals[9] = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		/* merge: given = (3-1)(257, 251, 257) */
		reached[1][251] = 1;
		(trpt+1)->bup.ovals[10] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		/* merge: busy = 0(257, 252, 257) */
		reached[1][252] = 1;
		(trpt+1)->bup.ovals[11] = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		/* merge: mine = 0(257, 253, 257) */
		reached[1][253] = 1;
		(trpt+1)->bup.ovals[12] = ((int)((P1 *)_this)->mine);
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
		/* merge: stays = 0(257, 254, 257) */
		reached[1][254] = 1;
		(trpt+1)->bup.ovals[13] = ((int)((P1 *)_this)->stays);
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		/* merge: .(goto)(0, 258, 257) */
		reached[1][258] = 1;
		;
		stk_ran[76] = 1; _m = 3; goto P999; /* 17 */
	case 77: // STATE 246 - /work/main/test/model/mail.pml:224 - [inside[_pid] = 0] (0:257:9 - 3)
		IfNotBlocked
		reached[1][246] = 1;
		(trpt+1)->bup.ovals = grab_ints(9);
		(trpt+1)->bup.ovals[0] = ((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 4) ]);
		now.inside[ Index(((P1 *)_this)->_pid, 4) ] = 0;
#ifdef VAR_RANGES
		logval("inside[_pid]", ((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 4) ]));
#endif
		;
		/* merge: running = (running-1)(257, 247, 257) */
		reached[1][247] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.running);
		now.running = (((int)now.running)-1);
#ifdef VAR_RANGES
		logval("running", ((int)now.running));
#endif
		;
		/* merge: me = 0(257, 248, 257) */
		reached[1][248] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->me);
		((P1 *)_this)->me = 0;
#ifdef VAR_RANGES
		logval("group:me", ((int)((P1 *)_this)->me));
#endif
		;
		/* merge: cursor = 0(257, 249, 257) */
		reached[1][249] = 1;
		(trpt+1)->bup.ovals[3] = ((int)((P1 *)_this)->cursor);
		((P1 *)_this)->cursor = 0;
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
		/* merge: b = 0(257, 250, 257) */
		reached[1][250] = 1;
		(trpt+1)->bup.ovals[4] = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		/* merge: given = (3-1)(257, 251, 257) */
		reached[1][251] = 1;
		(trpt+1)->bup.ovals[5] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (3-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		/* merge: busy = 0(257, 252, 257) */
		reached[1][252] = 1;
		(trpt+1)->bup.ovals[6] = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		/* merge: mine = 0(257, 253, 257) */
		reached[1][253] = 1;
		(trpt+1)->bup.ovals[7] = ((int)((P1 *)_this)->mine);
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
		/* merge: stays = 0(257, 254, 257) */
		reached[1][254] = 1;
		(trpt+1)->bup.ovals[8] = ((int)((P1 *)_this)->stays);
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		/* merge: .(goto)(0, 258, 257) */
		reached[1][258] = 1;
		;
		stk_ran[77] = 1; _m = 3; goto P999; /* 9 */
	case 78: // STATE 260 - /work/main/test/model/mail.pml:234 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[1][260] = 1;
		if (!delproc(1, II)) continue;
		stk_ran[78] = 1; _m = 3; goto P999; /* 0 */

		 /* PROC publisher */
	case 79: // STATE 10 - /work/main/test/model/machine.pml:219 - [D_STEP219]
		if (!(boq == -1 && ((((((int)now.tail)+4)-((int)now.head))%4)<2)))
			continue;

		reached[0][10] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[79] = 1;
		S_000_0: /* 2 */
		if (!(((((((int)now.tail)+4)-((int)now.head))%4)<2)))
			Uerror("block in d_step seq");
S_001_0: /* 2 */
		((P0 *)_this)->mine = ((int)now.tail);
#ifdef VAR_RANGES
		logval("publisher:mine", ((int)((P0 *)_this)->mine));
#endif
		;
S_002_0: /* 2 */
		spin_assert((((int)now.status[ Index((((int)((P0 *)_this)->mine)%2), 2) ])==0), "(status[(mine%2)]==0)", II, tt, t);
S_003_0: /* 2 */
		now.tail = ((((int)((P0 *)_this)->mine)+1)%4);
#ifdef VAR_RANGES
		logval("tail", ((int)now.tail));
#endif
		;
S_008_0: /* 2 */
S_004_0: /* 2 */
		spin_assert((((int)now.life[ Index((((int)((P0 *)_this)->mine)%2), 2) ])==0), "(life[(mine%2)]==0)", II, tt, t);
S_005_0: /* 2 */
		now.life[ Index((((P0 *)_this)->mine%2), 2) ] = 1;
#ifdef VAR_RANGES
		logval("life[(publisher:mine%2)]", ((int)now.life[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
S_006_0: /* 2 */
		now.owner[ Index((((P0 *)_this)->mine%2), 2) ] = ((int)((P0 *)_this)->mine);
#ifdef VAR_RANGES
		logval("owner[(publisher:mine%2)]", ((int)now.owner[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
S_007_0: /* 2 */
		now.words[ Index((((P0 *)_this)->mine%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("words[(publisher:mine%2)]", ((int)now.words[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
		goto S_019_0;
S_019_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[79] = 1; _m = 3; goto P999;

	case 80: // STATE 19 - /work/main/test/model/machine.pml:224 - [D_STEP224]
		IfNotBlocked

		reached[0][19] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[80] = 1;
		S_011_0: /* 2 */
		now.words[ Index((((P0 *)_this)->mine%2), 2) ] = 1;
#ifdef VAR_RANGES
		logval("words[(publisher:mine%2)]", ((int)now.words[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
S_012_0: /* 2 */
		now.yields[ Index((((P0 *)_this)->mine%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("yields[(publisher:mine%2)]", ((int)now.yields[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
S_015_0: /* 2 */
S_013_0: /* 2 */
		spin_assert(((((int)now.life[ Index((((int)((P0 *)_this)->mine)%2), 2) ])==1)&&(((int)now.owner[ Index((((int)((P0 *)_this)->mine)%2), 2) ])==((int)((P0 *)_this)->mine))), "((life[(mine%2)]==1)&&(owner[(mine%2)]==mine))", II, tt, t);
S_014_0: /* 2 */
		now.life[ Index((((P0 *)_this)->mine%2), 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[(publisher:mine%2)]", ((int)now.life[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
		goto S_016_0;
S_016_0: /* 2 */
		now.status[ Index((((P0 *)_this)->mine%2), 2) ] = 1;
#ifdef VAR_RANGES
		logval("status[(publisher:mine%2)]", ((int)now.status[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
S_017_0: /* 2 */
		((P0 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("publisher:mine", ((int)((P0 *)_this)->mine));
#endif
		;
		goto S_021_0;
S_021_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[80] = 1; _m = 3; goto P999;

	case 81: // STATE 24 - /work/main/test/model/mail.pml:55 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[0][24] = 1;
		if (!delproc(1, II)) continue;
		stk_ran[81] = 1; _m = 3; goto P999; /* 0 */
	case  _T5:	/* np_ */
		if (!((!(trpt->o_pm&4) && !(trpt->tau&128))))
			continue;
		/* else fall through */
	case  _T2:	/* true */
		stk_ran[81] = 1; _m = 3; goto P999;
#undef rand
	}

