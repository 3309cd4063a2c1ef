#ifdef PEG
struct T_SRC {
	char *fl; int ln;
} T_SRC[NTRANS];

void
tr_2_src(int m, char *file, int ln)
{	T_SRC[m].fl = file;
	T_SRC[m].ln = ln;
}

void
putpeg(int n, int m)
{	printf("%5d	trans %4d ", m, n);
	printf("%s:%d\n",
		T_SRC[n].fl, T_SRC[n].ln);
}
#endif

void
settable(void)
{	Trans *T;
	Trans *settr(int, int, int, int, int, char *, int, int, int);

	trans = (Trans ***) emalloc(5*sizeof(Trans **));

	/* proctype 3: live */

	trans[3] = (Trans **) emalloc(21*sizeof(Trans *));

	trans[3][8]	= settr(316,0,7,1,0,".(goto)", 0, 2, 0);
	T = trans[3][7] = settr(315,0,0,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(315,0,1,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(315,0,3,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(315,0,5,0,0,"DO", 0, 2, 0);
	trans[3][1]	= settr(309,0,12,3,0,"(!(((head%2)==1)))", 1, 2, 0);
	trans[3][2]	= settr(310,0,12,1,0,"goto accept_S5", 0, 2, 0);
	trans[3][3]	= settr(311,0,17,4,0,"(!(((head%2)==0)))", 1, 2, 0);
	trans[3][4]	= settr(312,0,17,1,0,"goto accept_S10", 0, 2, 0);
	trans[3][5]	= settr(313,0,7,1,0,"(1)", 0, 2, 0);
	trans[3][6]	= settr(314,0,7,1,0,"goto T0_init", 0, 2, 0);
	trans[3][9]	= settr(317,0,12,1,0,"break", 0, 2, 0);
	trans[3][13]	= settr(321,0,12,1,0,".(goto)", 0, 2, 0);
	T = trans[3][12] = settr(320,0,0,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(320,0,10,0,0,"DO", 0, 2, 0);
	trans[3][10]	= settr(318,0,12,5,0,"(!(((head%2)==1)))", 1, 2, 0);
	trans[3][11]	= settr(319,0,12,1,0,"goto accept_S5", 0, 2, 0);
	trans[3][14]	= settr(322,0,17,1,0,"break", 0, 2, 0);
	trans[3][18]	= settr(326,0,17,1,0,".(goto)", 0, 2, 0);
	T = trans[3][17] = settr(325,0,0,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(325,0,15,0,0,"DO", 0, 2, 0);
	trans[3][15]	= settr(323,0,17,6,0,"(!(((head%2)==0)))", 1, 2, 0);
	trans[3][16]	= settr(324,0,17,1,0,"goto accept_S10", 0, 2, 0);
	trans[3][19]	= settr(327,0,20,1,0,"break", 0, 2, 0);
	trans[3][20]	= settr(328,0,0,7,7,"-end-", 0, 3500, 0);

	/* proctype 2: host */

	trans[2] = (Trans **) emalloc(29*sizeof(Trans *));

	trans[2][26]	= settr(306,0,25,1,0,".(goto)", 0, 2, 0);
	T = trans[2][25] = settr(305,0,0,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(305,0,11,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(305,0,24,0,0,"DO", 0, 2, 0);
	T = trans[ 2][11] = settr(291,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(291,0,10,0,0,"sub-sequence", 0, 2, 0);
/*->*/	trans[2][10]	= settr(290,32,25,8,8,"D_STEP230", 1, 2, 0);
/*->*/	trans[2][24]	= settr(304,32,25,9,9,"D_STEP267", 1, 2, 0);
	trans[2][27]	= settr(307,0,28,1,0,"break", 0, 2, 0);
	trans[2][28]	= settr(308,0,0,10,10,"-end-", 0, 3500, 0);

	/* proctype 1: group */

	trans[1] = (Trans **) emalloc(258*sizeof(Trans *));

	trans[1][255]	= settr(278,0,254,1,0,".(goto)", 0, 2, 0);
	T = trans[1][254] = settr(277,0,0,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(277,0,4,0,0,"DO", 0, 2, 0);
	T = trans[ 1][4] = settr(27,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(27,2,1,0,0,"ATOMIC", 1, 2, 0);
	trans[1][1]	= settr(24,4,253,11,11,"((inside[_pid]&&!(lost)))", 1, 2, 0); /* m: 2 -> 253,0 */
	reached1[2] = 1;
	trans[1][2]	= settr(0,0,0,0,0,"me = arrived",0,0,0);
	trans[1][3]	= settr(0,0,0,0,0,"arrived = (arrived+1)",0,0,0);
	T = trans[ 1][253] = settr(276,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(276,0,230,0,0,"sub-sequence", 0, 2, 0);
	T = trans[1][230] = settr(253,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(253,0,5,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(253,0,171,0,0,"IF", 0, 2, 0);
	trans[1][5]	= settr(28,0,6,12,12,"((me==0))", 0, 2, 0);
	trans[1][6]	= settr(29,0,116,13,13,"cursor = cursor_word", 1, 2, 0);
	trans[1][117]	= settr(140,0,116,1,0,".(goto)", 0, 2, 0);
	T = trans[1][116] = settr(139,0,0,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(139,0,111,0,0,"DO", 0, 2, 0);
	T = trans[ 1][111] = settr(134,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(134,0,21,0,0,"sub-sequence", 0, 2, 0);
	T = trans[ 1][21] = settr(44,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(44,0,7,0,0,"sub-sequence", 0, 2, 0);
	trans[1][7]	= settr(30,0,18,14,14,"b = 0", 0, 2, 0); /* m: 8 -> 0,18 */
	reached1[8] = 1;
	trans[1][8]	= settr(0,0,0,0,0,"busy = 0",0,0,0);
	trans[1][19]	= settr(42,0,18,1,0,".(goto)", 0, 2, 0);
	T = trans[1][18] = settr(41,0,0,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(41,0,9,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(41,0,13,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(41,0,17,0,0,"DO", 0, 2, 0);
	trans[1][9]	= settr(32,0,71,15,0,"((b==(3-1)))", 0, 2, 0);
	trans[1][10]	= settr(33,0,71,1,0,"goto :b3", 0, 2, 0);
	T = trans[ 1][13] = settr(36,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(36,2,11,0,0,"ATOMIC", 1, 2, 0);
	trans[1][11]	= settr(34,4,71,16,16,"((((b<(3-1))&&(b!=given))&&((box[b]==1)||(box[b]==4))))", 1, 2, 0); /* m: 12 -> 71,0 */
	reached1[12] = 1;
	trans[1][12]	= settr(35,0,71,1,0,"goto :b3", 1, 2, 0);
	T = trans[ 1][17] = settr(40,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(40,2,14,0,0,"ATOMIC", 1, 2, 0);
	trans[1][14]	= settr(37,0,18,17,17,"(((b<(3-1))&&((b==given)||!(((box[b]==1)||(box[b]==4))))))", 1, 2, 0); /* m: 15 -> 18,0 */
	reached1[15] = 1;
	trans[1][15]	= settr(0,0,0,0,0,"busy = ((busy||(b==given))||((box[b]==2)||(box[b]==4)))",0,0,0);
	trans[1][16]	= settr(0,0,0,0,0,"b = (b+1)",0,0,0);
	trans[1][20]	= settr(43,0,71,1,0,"break", 0, 2, 0);
	T = trans[ 1][71] = settr(94,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(94,0,68,0,0,"sub-sequence", 0, 2, 0);
	T = trans[1][68] = settr(91,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(91,0,22,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(91,0,27,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(91,0,35,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(91,0,36,0,0,"IF", 0, 2, 0);
	trans[1][22]	= settr(45,0,107,18,18,"((given==(3-1)))", 0, 2, 0); /* m: 70 -> 107,0 */
	reached1[70] = 1;
	trans[1][69]	= settr(92,0,70,1,0,".(goto)", 0, 2, 0); /* m: 70 -> 0,107 */
	reached1[70] = 1;
	T = trans[ 1][27] = settr(50,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(50,2,23,0,0,"ATOMIC", 1, 2, 0);
	trans[1][23]	= settr(46,2,26,19,0,"(((given<(3-1))&&(box[given]==1)))", 1, 2, 0);
	T = trans[ 1][26] = settr(49,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(49,0,24,0,0,"sub-sequence", 1, 2, 0);
	trans[1][24]	= settr(47,0,107,20,20,"box[given] = 2", 1, 2, 0); /* m: 25 -> 0,107 */
	reached1[25] = 1;
	trans[1][25]	= settr(0,0,0,0,0,"holder[job[given]] = (10+given)",0,0,0);
/*->*/	trans[1][35]	= settr(58,32,70,21,21,"D_STEP84", 1, 2, 0);
	trans[1][36]	= settr(59,0,66,22,0,"(((given<(3-1))&&(box[given]==4)))", 1, 2, 0);
	T = trans[1][66] = settr(89,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(89,0,41,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(89,0,42,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(89,0,65,0,0,"IF", 0, 2, 0);
	T = trans[ 1][41] = settr(64,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(64,2,37,0,0,"ATOMIC", 1, 2, 0);
	trans[1][37]	= settr(60,2,40,23,0,"((box[given]==4))", 1, 2, 0);
	T = trans[ 1][40] = settr(63,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(63,0,38,0,0,"sub-sequence", 1, 2, 0);
	trans[1][38]	= settr(61,0,107,24,24,"box[given] = 2", 1, 2, 0); /* m: 39 -> 0,107 */
	reached1[39] = 1;
	trans[1][39]	= settr(0,0,0,0,0,"holder[job[given]] = (10+given)",0,0,0);
	trans[1][67]	= settr(90,0,70,1,0,".(goto)", 0, 2, 0); /* m: 70 -> 0,107 */
	reached1[70] = 1;
	trans[1][42]	= settr(65,0,56,25,0,"((box[given]==1))", 1, 2, 0);
	T = trans[1][56] = settr(79,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(79,0,47,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(79,0,55,0,0,"IF", 0, 2, 0);
	T = trans[ 1][47] = settr(70,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(70,2,43,0,0,"ATOMIC", 1, 2, 0);
	trans[1][43]	= settr(66,2,46,26,0,"((box[given]==1))", 1, 2, 0);
	T = trans[ 1][46] = settr(69,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(69,0,44,0,0,"sub-sequence", 1, 2, 0);
	trans[1][44]	= settr(67,0,107,27,27,"box[given] = 2", 1, 2, 0); /* m: 45 -> 0,107 */
	reached1[45] = 1;
	trans[1][45]	= settr(0,0,0,0,0,"holder[job[given]] = (10+given)",0,0,0);
	trans[1][57]	= settr(80,0,70,1,0,".(goto)", 0, 2, 0); /* m: 70 -> 0,107 */
	reached1[70] = 1;
/*->*/	trans[1][55]	= settr(78,32,70,28,28,"D_STEP91", 1, 2, 0);
/*->*/	trans[1][65]	= settr(88,32,70,29,29,"D_STEP93", 1, 2, 0);
	trans[1][70]	= settr(93,0,107,30,30,"given = (3-1)", 0, 2, 0);
	T = trans[1][107] = settr(130,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(130,0,72,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(130,0,104,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(130,0,105,0,0,"IF", 0, 2, 0);
	trans[1][72]	= settr(95,0,79,31,31,"((((b<(3-1))||!(busy))&&(((status[cursor]==1)||(status[cursor]==5))||(status[cursor]==6))))", 1, 2, 0);
/*->*/	trans[1][79]	= settr(102,32,101,32,32,"D_STEP131", 1, 2, 0);
	T = trans[1][101] = settr(124,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(124,0,80,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(124,0,98,0,0,"IF", 0, 2, 0);
	trans[1][80]	= settr(103,0,97,33,33,"((b==(3-1)))", 0, 2, 0);
	T = trans[ 1][97] = settr(120,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(120,0,95,0,0,"sub-sequence", 0, 2, 0);
	T = trans[1][95] = settr(118,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(118,0,86,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(118,0,94,0,0,"IF", 0, 2, 0);
/*->*/	trans[1][86]	= settr(109,32,103,34,34,"D_STEP42", 1, 2, 0);
	trans[1][96]	= settr(119,0,103,1,0,".(goto)", 0, 2, 0); /* m: 103 -> 0,114 */
	reached1[103] = 1;
/*->*/	trans[1][94]	= settr(117,32,103,35,35,"D_STEP44", 1, 2, 0);
	trans[1][102]	= settr(125,0,103,1,0,".(goto)", 0, 2, 0); /* m: 103 -> 0,114 */
	reached1[103] = 1;
	trans[1][98]	= settr(121,0,99,36,0,"((b<(3-1)))", 0, 2, 0);
	trans[1][99]	= settr(122,0,100,37,37,"job[b] = cursor", 1, 2, 0);
	trans[1][100]	= settr(123,0,114,38,38,"given = b", 0, 2, 0); /* m: 103 -> 0,114 */
	reached1[103] = 1;
	trans[1][103]	= settr(126,0,114,39,39,"cursor = ((cursor+1)%2)", 0, 2, 0); /* m: 109 -> 0,114 */
	reached1[109] = 1;
	trans[1][108]	= settr(131,0,109,1,0,".(goto)", 0, 2, 0); /* m: 109 -> 0,114 */
	reached1[109] = 1;
	trans[1][104]	= settr(127,0,109,40,40,"((!(((b<(3-1))||!(busy)))&&(((status[cursor]==1)||(status[cursor]==5))||(status[cursor]==6))))", 1, 2, 0);
	trans[1][105]	= settr(128,0,106,41,0,"(!((((status[cursor]==1)||(status[cursor]==5))||(status[cursor]==6))))", 1, 2, 0);
	trans[1][106]	= settr(129,0,114,42,42,"cursor = ((cursor+1)%2)", 0, 2, 0); /* m: 109 -> 0,114 */
	reached1[109] = 1;
	trans[1][109]	= settr(132,0,114,43,43,"b = 0", 0, 2, 0); /* m: 110 -> 0,114 */
	reached1[110] = 1;
	trans[1][110]	= settr(0,0,0,0,0,"busy = 0",0,0,0);
	T = trans[1][114] = settr(137,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(137,0,112,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(137,0,113,0,0,"IF", 0, 2, 0);
	trans[1][112]	= settr(135,0,116,1,0,"(1)", 0, 2, 0);
	trans[1][115]	= settr(138,0,116,1,0,".(goto)", 0, 2, 0);
	trans[1][113]	= settr(136,0,168,1,0,"goto :b2", 0, 2, 0);
	trans[1][118]	= settr(141,0,168,1,0,"break", 0, 2, 0);
	T = trans[ 1][168] = settr(191,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(191,0,165,0,0,"sub-sequence", 0, 2, 0);
	T = trans[1][165] = settr(188,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(188,0,119,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(188,0,124,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(188,0,132,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(188,0,133,0,0,"IF", 0, 2, 0);
	trans[1][119]	= settr(142,0,169,44,44,"((given==(3-1)))", 0, 2, 0); /* m: 167 -> 169,0 */
	reached1[167] = 1;
	trans[1][166]	= settr(189,0,167,1,0,".(goto)", 0, 2, 0); /* m: 167 -> 0,169 */
	reached1[167] = 1;
	T = trans[ 1][124] = settr(147,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(147,2,120,0,0,"ATOMIC", 1, 2, 0);
	trans[1][120]	= settr(143,2,123,45,0,"(((given<(3-1))&&(box[given]==1)))", 1, 2, 0);
	T = trans[ 1][123] = settr(146,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(146,0,121,0,0,"sub-sequence", 1, 2, 0);
	trans[1][121]	= settr(144,0,169,46,46,"box[given] = 2", 1, 2, 0); /* m: 122 -> 0,169 */
	reached1[122] = 1;
	trans[1][122]	= settr(0,0,0,0,0,"holder[job[given]] = (10+given)",0,0,0);
/*->*/	trans[1][132]	= settr(155,32,167,47,47,"D_STEP84", 1, 2, 0);
	trans[1][133]	= settr(156,0,163,48,0,"(((given<(3-1))&&(box[given]==4)))", 1, 2, 0);
	T = trans[1][163] = settr(186,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(186,0,138,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(186,0,139,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(186,0,162,0,0,"IF", 0, 2, 0);
	T = trans[ 1][138] = settr(161,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(161,2,134,0,0,"ATOMIC", 1, 2, 0);
	trans[1][134]	= settr(157,2,137,49,0,"((box[given]==4))", 1, 2, 0);
	T = trans[ 1][137] = settr(160,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(160,0,135,0,0,"sub-sequence", 1, 2, 0);
	trans[1][135]	= settr(158,0,169,50,50,"box[given] = 2", 1, 2, 0); /* m: 136 -> 0,169 */
	reached1[136] = 1;
	trans[1][136]	= settr(0,0,0,0,0,"holder[job[given]] = (10+given)",0,0,0);
	trans[1][164]	= settr(187,0,167,1,0,".(goto)", 0, 2, 0); /* m: 167 -> 0,169 */
	reached1[167] = 1;
	trans[1][139]	= settr(162,0,153,51,0,"((box[given]==1))", 1, 2, 0);
	T = trans[1][153] = settr(176,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(176,0,144,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(176,0,152,0,0,"IF", 0, 2, 0);
	T = trans[ 1][144] = settr(167,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(167,2,140,0,0,"ATOMIC", 1, 2, 0);
	trans[1][140]	= settr(163,2,143,52,0,"((box[given]==1))", 1, 2, 0);
	T = trans[ 1][143] = settr(166,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(166,0,141,0,0,"sub-sequence", 1, 2, 0);
	trans[1][141]	= settr(164,0,169,53,53,"box[given] = 2", 1, 2, 0); /* m: 142 -> 0,169 */
	reached1[142] = 1;
	trans[1][142]	= settr(0,0,0,0,0,"holder[job[given]] = (10+given)",0,0,0);
	trans[1][154]	= settr(177,0,167,1,0,".(goto)", 0, 2, 0); /* m: 167 -> 0,169 */
	reached1[167] = 1;
/*->*/	trans[1][152]	= settr(175,32,167,54,54,"D_STEP91", 1, 2, 0);
/*->*/	trans[1][162]	= settr(185,32,167,55,55,"D_STEP93", 1, 2, 0);
	trans[1][167]	= settr(190,0,169,56,56,"given = (3-1)", 0, 2, 0);
	trans[1][169]	= settr(192,0,170,57,57,"cursor_word = cursor", 1, 2, 0);
	trans[1][170]	= settr(193,0,252,58,58,"stop = 1", 1, 2, 0);
	trans[1][231]	= settr(254,0,252,1,0,".(goto)", 0, 2, 0);
	trans[1][171]	= settr(194,0,173,59,59,"((me!=0))", 0, 2, 0); /* m: 172 -> 173,0 */
	reached1[172] = 1;
	trans[1][172]	= settr(0,0,0,0,0,"b = (me-1)",0,0,0);
	trans[1][173]	= settr(196,0,227,60,60,"box[b] = 1", 1, 2, 0);
	trans[1][228]	= settr(251,0,227,1,0,".(goto)", 0, 2, 0);
	T = trans[1][227] = settr(250,0,0,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(250,0,174,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(250,0,222,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(250,0,224,0,0,"DO", 0, 2, 0);
	trans[1][174]	= settr(197,0,221,61,0,"((box[b]==2))", 1, 2, 0);
	T = trans[ 1][221] = settr(244,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(244,0,177,0,0,"sub-sequence", 0, 2, 0);
/*->*/	trans[1][177]	= settr(200,32,182,62,62,"D_STEP151", 1, 2, 0);
	T = trans[1][182] = settr(205,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(205,0,178,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(205,0,180,0,0,"IF", 0, 2, 0);
	trans[1][178]	= settr(201,0,179,63,63,"stays = 1", 0, 2, 0);
	trans[1][179]	= settr(202,0,200,64,64,"box[b] = 4", 1, 2, 0);
	trans[1][183]	= settr(206,0,200,1,0,".(goto)", 0, 2, 0);
	trans[1][180]	= settr(203,0,200,65,65,"(1)", 0, 2, 0); /* m: 181 -> 200,0 */
	reached1[181] = 1;
	trans[1][181]	= settr(0,0,0,0,0,"stays = 0",0,0,0);
	T = trans[ 1][200] = settr(223,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(223,0,198,0,0,"sub-sequence", 0, 2, 0);
	T = trans[1][198] = settr(221,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(221,0,189,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(221,0,197,0,0,"IF", 0, 2, 0);
/*->*/	trans[1][189]	= settr(212,32,219,66,66,"D_STEP42", 1, 2, 0);
	trans[1][199]	= settr(222,0,219,1,0,".(goto)", 0, 2, 0);
/*->*/	trans[1][197]	= settr(220,32,219,67,67,"D_STEP44", 1, 2, 0);
	T = trans[1][219] = settr(242,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(242,0,204,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(242,0,209,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(242,0,214,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(242,0,218,0,0,"IF", 0, 2, 0);
/*->*/	trans[1][204]	= settr(227,32,227,68,68,"D_STEP162", 1, 2, 0);
	trans[1][220]	= settr(243,0,227,1,0,".(goto)", 0, 2, 0);
/*->*/	trans[1][209]	= settr(232,32,227,69,69,"D_STEP163", 1, 2, 0);
/*->*/	trans[1][214]	= settr(237,32,227,70,70,"D_STEP164", 1, 2, 0);
/*->*/	trans[1][218]	= settr(241,32,227,71,71,"D_STEP165", 1, 2, 0);
	trans[1][222]	= settr(245,0,252,72,72,"((box[b]==3))", 1, 2, 0);
	trans[1][223]	= settr(246,0,252,1,0,"goto :b4", 0, 2, 0);
	trans[1][224]	= settr(247,0,225,73,0,"(((box[b]==1)&&1))", 1, 2, 0);
	trans[1][225]	= settr(248,0,252,74,74,"box[b] = 3", 1, 2, 0);
	trans[1][226]	= settr(249,0,252,1,0,"goto :b4", 0, 2, 0);
	trans[1][229]	= settr(252,0,252,1,0,"break", 0, 2, 0);
	T = trans[ 1][252] = settr(275,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(275,2,232,0,0,"ATOMIC", 1, 2, 0);
	trans[1][232]	= settr(255,2,241,75,75,"left = (left+1)", 1, 2, 0);
	T = trans[1][241] = settr(264,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(264,2,233,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(264,2,240,0,0,"IF", 1, 2, 0);
	trans[1][233]	= settr(256,0,254,76,76,"((left==3))", 1, 2, 0); /* m: 234 -> 254,0 */
	reached1[234] = 1;
	trans[1][234]	= settr(0,0,0,0,0,"assert(((life[0]!=3)&&(life[1]!=3)))",0,0,0);
	trans[1][235]	= settr(0,0,0,0,0,"left = 0",0,0,0);
	trans[1][236]	= settr(0,0,0,0,0,"arrived = 0",0,0,0);
	trans[1][237]	= settr(0,0,0,0,0,"stop = 0",0,0,0);
	trans[1][238]	= settr(0,0,0,0,0,"box[0] = 0",0,0,0);
	trans[1][239]	= settr(0,0,0,0,0,"box[((3-1)-1)] = 0",0,0,0);
	trans[1][242]	= settr(265,2,243,1,0,".(goto)", 1, 2, 0); /* m: 243 -> 0,254 */
	reached1[243] = 1;
	trans[1][240]	= settr(263,2,243,2,0,"else", 1, 2, 0);
	trans[1][243]	= settr(266,0,254,77,77,"inside[_pid] = 0", 1, 2, 0); /* m: 244 -> 0,254 */
	reached1[244] = 1;
	trans[1][244]	= settr(0,0,0,0,0,"running = (running-1)",0,0,0);
	trans[1][245]	= settr(0,0,0,0,0,"me = 0",0,0,0);
	trans[1][246]	= settr(0,0,0,0,0,"cursor = 0",0,0,0);
	trans[1][247]	= settr(0,0,0,0,0,"b = 0",0,0,0);
	trans[1][248]	= settr(0,0,0,0,0,"given = (3-1)",0,0,0);
	trans[1][249]	= settr(0,0,0,0,0,"busy = 0",0,0,0);
	trans[1][250]	= settr(0,0,0,0,0,"mine = 0",0,0,0);
	trans[1][251]	= settr(0,0,0,0,0,"stays = 0",0,0,0);
	trans[1][256]	= settr(279,0,257,1,0,"break", 0, 2, 0);
	trans[1][257]	= settr(280,0,0,78,78,"-end-", 0, 3500, 0);

	/* proctype 0: publisher */

	trans[0] = (Trans **) emalloc(25*sizeof(Trans *));

	trans[0][22]	= settr(21,0,21,1,0,".(goto)", 0, 2, 0);
	T = trans[0][21] = settr(20,0,0,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(20,0,11,0,0,"DO", 0, 2, 0);
	T = trans[ 0][11] = settr(10,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(10,0,10,0,0,"sub-sequence", 0, 2, 0);
/*->*/	trans[0][10]	= settr(9,32,20,79,79,"D_STEP219", 1, 2, 0);
	T = trans[ 0][20] = settr(19,0,0,0,0,"sub-sequence", 0, 2, 0);
	T->nxt	= settr(19,0,19,0,0,"sub-sequence", 0, 2, 0);
/*->*/	trans[0][19]	= settr(18,32,21,80,80,"D_STEP224", 1, 2, 0);
	trans[0][23]	= settr(22,0,24,1,0,"break", 0, 2, 0);
	trans[0][24]	= settr(23,0,0,81,81,"-end-", 0, 3500, 0);
	/* np_ demon: */
	trans[_NP_] = (Trans **) emalloc(3*sizeof(Trans *));
	T = trans[_NP_][0] = settr(9997,0,1,_T5,0,"(np_)", 1,2,0);
	    T->nxt	  = settr(9998,0,0,_T2,0,"(1)",   0,2,0);
	T = trans[_NP_][1] = settr(9999,0,1,_T5,0,"(np_)", 1,2,0);
}

Trans *
settr(	int t_id, int a, int b, int c, int d,
	char *t, int g, int tpe0, int tpe1)
{	Trans *tmp = (Trans *) emalloc(sizeof(Trans));

	tmp->atom  = a&(6|32);	/* only (2|8|32) have meaning */
	if (!g) tmp->atom |= 8;	/* no global references */
	tmp->st    = b;
	tmp->tpe[0] = tpe0;
	tmp->tpe[1] = tpe1;
	tmp->tp    = t;
	tmp->t_id  = t_id;
	tmp->forw  = c;
	tmp->back  = d;
	return tmp;
}

Trans *
cpytr(Trans *a)
{	Trans *tmp = (Trans *) emalloc(sizeof(Trans));

	int i;
	tmp->atom  = a->atom;
	tmp->st    = a->st;
#ifdef HAS_UNLESS
	tmp->e_trans = a->e_trans;
	for (i = 0; i < HAS_UNLESS; i++)
		tmp->escp[i] = a->escp[i];
#endif
	tmp->tpe[0] = a->tpe[0];
	tmp->tpe[1] = a->tpe[1];
	for (i = 0; i < 6; i++)
	{	tmp->qu[i] = a->qu[i];
		tmp->ty[i] = a->ty[i];
	}
	tmp->tp    = (char *) emalloc(strlen(a->tp)+1);
	strcpy(tmp->tp, a->tp);
	tmp->t_id  = a->t_id;
	tmp->forw  = a->forw;
	tmp->back  = a->back;
	return tmp;
}

#ifndef NOREDUCE
int
srinc_set(int n)
{	if (n <= 2) return LOCAL;
	if (n <= 2+  DELTA) return Q_FULL_F; /* 's' or nfull  */
	if (n <= 2+2*DELTA) return Q_EMPT_F; /* 'r' or nempty */
	if (n <= 2+3*DELTA) return Q_EMPT_T; /* empty */
	if (n <= 2+4*DELTA) return Q_FULL_T; /* full  */
	if (n ==   5*DELTA) return GLOBAL;
	if (n ==   6*DELTA) return TIMEOUT_F;
	if (n ==   7*DELTA) return ALPHA_F;
	Uerror("cannot happen srinc_class");
	return BAD;
}
int
srunc(int n, int m)
{	switch(m) {
	case Q_FULL_F: return n-2;
	case Q_EMPT_F: return n-2-DELTA;
	case Q_EMPT_T: return n-2-2*DELTA;
	case Q_FULL_T: return n-2-3*DELTA;
	case ALPHA_F:
	case TIMEOUT_F: return 257; /* non-zero, and > MAXQ */
	}
	Uerror("cannot happen srunc");
	return 0;
}
#endif
int cnt;
#ifdef HAS_UNLESS
int
isthere(Trans *a, int b)
{	Trans *t;
	for (t = a; t; t = t->nxt)
		if (t->t_id == b)
			return 1;
	return 0;
}
#endif
#ifndef NOREDUCE
int
mark_safety(Trans *t) /* for conditional safety */
{	int g = 0, i, j, k;

	if (!t) return 0;
	if (t->qu[0])
		return (t->qu[1])?2:1;	/* marked */

	for (i = 0; i < 2; i++)
	{	j = srinc_set(t->tpe[i]);
		if (j >= GLOBAL && j != ALPHA_F)
			return -1;
		if (j != LOCAL)
		{	k = srunc(t->tpe[i], j);
			if (g == 0
			||  t->qu[0] != k
			||  t->ty[0] != j)
			{	t->qu[g] = k;
				t->ty[g] = j;
				g++;
	}	}	}
	return g;
}
#endif
void
retrans(int n, int m, int is, short srcln[], uchar reach[], uchar lpstate[])
	/* process n, with m states, is=initial state */
{	Trans *T0, *T1, *T2, *T3;
	Trans *T4, *T5; /* t_reverse or has_unless */
	int i;
#if defined(HAS_UNLESS) || !defined(NOREDUCE)
	int k;
#endif
#ifndef NOREDUCE
	int g, h, j, aa;
#endif
#ifdef HAS_UNLESS
	int p;
#endif
	if (state_tables >= 4)
	{	printf("STEP 1 %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
		return;
	}
	do {
		for (i = 1, cnt = 0; i < m; i++)
		{	T2 = trans[n][i];
			T1 = T2?T2->nxt:(Trans *)0;
/* prescan: */		for (T0 = T1; T0; T0 = T0->nxt)
/* choice in choice */	{	if (T0->st && trans[n][T0->st]
				&&  trans[n][T0->st]->nxt)
					break;
			}
#if 0
		if (T0)
		printf("\tstate %d / %d: choice in choice\n",
		i, T0->st);
#endif
			if (T0)
			for (T0 = T1; T0; T0 = T0->nxt)
			{	T3 = trans[n][T0->st];
				if (!T3->nxt)
				{	T2->nxt = cpytr(T0);
					T2 = T2->nxt;
					imed(T2, T0->st, n, i);
					continue;
				}
				do {	T3 = T3->nxt;
					T2->nxt = cpytr(T3);
					T2 = T2->nxt;
					imed(T2, T0->st, n, i);
				} while (T3->nxt);
				cnt++;
			}
		}
	} while (cnt);
	if (state_tables >= 3)
	{	printf("STEP 2 %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
		return;
	}
	for (i = 1; i < m; i++)
	{	if (trans[n][i] && trans[n][i]->nxt) /* optimize */
		{	T1 = trans[n][i]->nxt;
#if 0
			printf("\t\tpull %d (%d) to %d\n",
			T1->st, T1->forw, i);
#endif
			srcln[i] = srcln[T1->st];	/* Oyvind Teig, 5.2.0 */

			if (!trans[n][T1->st]) continue;
			T0 = cpytr(trans[n][T1->st]);
			trans[n][i] = T0;
			reach[T1->st] = 1;
			imed(T0, T1->st, n, i);
			for (T1 = T1->nxt; T1; T1 = T1->nxt)
			{
#if 0
			printf("\t\tpull %d (%d) to %d\n",
				T1->st, T1->forw, i);
#endif
		/*		srcln[i] = srcln[T1->st];  gh: not useful */
				if (!trans[n][T1->st]) continue;
				T0->nxt = cpytr(trans[n][T1->st]);
				T0 = T0->nxt;
				reach[T1->st] = 1;
				imed(T0, T1->st, n, i);
	}	}	}
	if (state_tables >= 2)
	{	printf("STEP 3 %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
		return;
	}
#ifdef HAS_UNLESS
	for (i = 1; i < m; i++)
	{	if (!trans[n][i]) continue;
		/* check for each state i if an
		 * escape to some state p is defined
		 * if so, copy and mark p's transitions
		 * and prepend them to the transition-
		 * list of state i
		 */
	 if (!like_java) /* the default */
	 {	for (T0 = trans[n][i]; T0; T0 = T0->nxt)
		for (k = HAS_UNLESS-1; k >= 0; k--)
		{	if (p = T0->escp[k])
			for (T1 = trans[n][p]; T1; T1 = T1->nxt)
			{	if (isthere(trans[n][i], T1->t_id))
					continue;
				T2 = cpytr(T1);
				T2->e_trans = p;
				T2->nxt = trans[n][i];
				trans[n][i] = T2;
		}	}
	 } else /* outermost unless checked first */
	 {	T4 = T3 = (Trans *) 0;
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
		for (k = HAS_UNLESS-1; k >= 0; k--)
		{	if (p = T0->escp[k])
			for (T1 = trans[n][p]; T1; T1 = T1->nxt)
			{	if (isthere(trans[n][i], T1->t_id))
					continue;
				T2 = cpytr(T1);
				T2->nxt = (Trans *) 0;
				T2->e_trans = p;
				if (T3)	T3->nxt = T2;
				else	T4 = T2;
				T3 = T2;
		}	}
		if (T4)
		{	T3->nxt = trans[n][i];
			trans[n][i] = T4;
		}
	 }
	}
#endif
#ifndef NOREDUCE
	for (i = 1; i < m; i++)
	{	if (a_cycles)
		{ /* moves through these states are visible */
	#if PROG_LAB>0 && defined(HAS_NP)
			if (progstate[n][i])
				goto degrade;
			for (T1 = trans[n][i]; T1; T1 = T1->nxt)
				if (progstate[n][T1->st])
					goto degrade;
	#endif
			if (accpstate[n][i] || visstate[n][i])
				goto degrade;
			for (T1 = trans[n][i]; T1; T1 = T1->nxt)
				if (accpstate[n][T1->st])
					goto degrade;
		}
		T1 = trans[n][i];
		if (!T1) continue;
		g = mark_safety(T1);	/* V3.3.1 */
		if (g < 0) goto degrade; /* global */
		/* check if mixing of guards preserves reduction */
		if (T1->nxt)
		{	k = 0;
			for (T0 = T1; T0; T0 = T0->nxt)
			{	if (!(T0->atom&8))
					goto degrade;
				for (aa = 0; aa < 2; aa++)
				{	j = srinc_set(T0->tpe[aa]);
					if (j >= GLOBAL && j != ALPHA_F)
						goto degrade;
					if (T0->tpe[aa]
					&&  T0->tpe[aa]
					!=  T1->tpe[0])
						k = 1;
			}	}
			/* g = 0;	V3.3.1 */
			if (k)	/* non-uniform selection */
			for (T0 = T1; T0; T0 = T0->nxt)
			for (aa = 0; aa < 2; aa++)
			{	j = srinc_set(T0->tpe[aa]);
				if (j != LOCAL)
				{	k = srunc(T0->tpe[aa], j);
					for (h = 0; h < 6; h++)
						if (T1->qu[h] == k
						&&  T1->ty[h] == j)
							break;
					if (h >= 6)
					{	T1->qu[g%6] = k;
						T1->ty[g%6] = j;
						g++;
			}	}	}
			if (g > 6)
			{	T1->qu[0] = 0;	/* turn it off */
				printf("pan: warning, line %d, ",
					srcln[i]);
			 	printf("too many stmnt types (%d)",
					g);
			  	printf(" in selection\n");
			  goto degrade;
			}
		}
		/* mark all options global if >=1 is global */
		for (T1 = trans[n][i]; T1; T1 = T1->nxt)
			if (!(T1->atom&8)) break;
		if (T1)
degrade:	for (T1 = trans[n][i]; T1; T1 = T1->nxt)
			T1->atom &= ~8;	/* mark as unsafe */
		/* can only mix 'r's or 's's if on same chan */
		/* and not mixed with other local operations */
		T1 = trans[n][i];
		if (!T1 || T1->qu[0]) continue;
		j = T1->tpe[0];
		if (T1->nxt && T1->atom&8)
		{ if (j == 5*DELTA)
		  {	printf("warning: line %d ", srcln[i]);
			printf("mixed condition ");
			printf("(defeats reduction)\n");
			goto degrade;
		  }
		  for (T0 = T1; T0; T0 = T0->nxt)
		  for (aa = 0; aa < 2; aa++)
		  if  (T0->tpe[aa] && T0->tpe[aa] != j)
		  {	printf("warning: line %d ", srcln[i]);
			printf("[%d-%d] mixed %stion ",
				T0->tpe[aa], j, 
				(j==5*DELTA)?"condi":"selec");
			printf("(defeats reduction)\n");
			printf("	'%s' <-> '%s'\n",
				T1->tp, T0->tp);
			goto degrade;
		} }
	}
#endif
	for (i = 1; i < m; i++)
	{	T2 = trans[n][i];
		if (!T2
		||  T2->nxt
		||  strncmp(T2->tp, ".(goto)", 7)
		||  !stopstate[n][i])
			continue;
		stopstate[n][T2->st] = 1;
	}
	if (state_tables && !verbose)
	{	if (dodot)
		{	char buf[256], *q = buf, *p = procname[n];
			while (*p != '\0')
			{	if (*p != ':')
				{	*q++ = *p;
				}
				p++;
			}
			*q = '\0';
			printf("digraph ");
			switch (Btypes[n]) {
			case I_PROC:  printf("init {\n"); break;
			case N_CLAIM: printf("claim_%s {\n", buf); break;
			case E_TRACE: printf("notrace {\n"); break;
			case N_TRACE: printf("trace {\n"); break;
			default:      printf("p_%s {\n", buf); break;
			}
			printf("size=\"8,10\";\n");
			printf("  GT [shape=box,style=dotted,label=\"%s\"];\n", buf);
			printf("  GT -> S%d;\n", is);
		} else
		{	switch (Btypes[n]) {
			case I_PROC:  printf("init\n"); break;
			case N_CLAIM: printf("claim %s\n", procname[n]); break;
			case E_TRACE: printf("notrace assertion\n"); break;
			case N_TRACE: printf("trace assertion\n"); break;
			default:      printf("proctype %s\n", procname[n]); break;
		}	}
		for (i = 1; i < m; i++)
		{	reach[i] = 1;
		}
		tagtable(n, m, is, srcln, reach);
		if (dodot) printf("}\n");
	} else
	for (i = 1; i < m; i++)
	{	int nrelse;
		if (Btypes[n] != N_CLAIM)
		{	for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			{	if (T0->st == i
				&& strcmp(T0->tp, "(1)") == 0)
				{	printf("error: proctype '%s' ",
						procname[n]);
		  			printf("line %d, state %d: has un",
						srcln[i], i);
					printf("conditional self-loop\n");
					pan_exit(1);
		}	}	}
		nrelse = 0;
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
		{	if (strcmp(T0->tp, "else") == 0)
				nrelse++;
		}
		if (nrelse > 1)
		{	printf("error: proctype '%s' state",
				procname[n]);
		  	printf(" %d, inherits %d", i, nrelse);
		  	printf(" 'else' stmnts\n");
			pan_exit(1);
	}	}
#if !defined(LOOPSTATE) && !defined(BFS_PAR)
	if (state_tables)
#endif
	do_dfs(n, m, is, srcln, reach, lpstate);

	if (!t_reverse)
	{	return;
	}
	/* process n, with m states, is=initial state -- reverse list */
	if (!state_tables && Btypes[n] != N_CLAIM)
	{	for (i = 1; i < m; i++)
		{	Trans *Tx = (Trans *) 0; /* list of escapes */
			Trans *Ty = (Trans *) 0; /* its tail element */
			T1 = (Trans *) 0; /* reversed list */
			T2 = (Trans *) 0; /* its tail */
			T3 = (Trans *) 0; /* remembers possible 'else' */

			/* find unless-escapes, they should go first */
			T4 = T5 = T0 = trans[n][i];
	#ifdef HAS_UNLESS
			while (T4 && T4->e_trans) /* escapes are first in orig list */
			{	T5 = T4;	  /* remember predecessor */
				T4 = T4->nxt;
			}
	#endif
			/* T4 points to first non-escape, T5 to its parent, T0 to original list */
			if (T4 != T0)		 /* there was at least one escape */
			{	T3 = T5->nxt;		 /* start of non-escapes */
				T5->nxt = (Trans *) 0;	 /* separate */
				Tx = T0;		 /* start of the escapes */
				Ty = T5;		 /* its tail */
				T0 = T3;		 /* the rest, to be reversed */
			}
			/* T0 points to first non-escape, Tx to the list of escapes, Ty to its tail */

			/* first tail-add non-escape transitions, reversed */
			T3 = (Trans *) 0;
			for (T5 = T0; T5; T5 = T4)
			{	T4 = T5->nxt;
	#ifdef HAS_UNLESS
				if (T5->e_trans)
				{	printf("error: cannot happen!\n");
					continue;
				}
	#endif
				if (strcmp(T5->tp, "else") == 0)
				{	T3 = T5;
					T5->nxt = (Trans *) 0;
				} else
				{	T5->nxt = T1;
					if (!T1) { T2 = T5; }
					T1 = T5;
			}	}
			/* T3 points to a possible else, which is removed from the list */
			/* T1 points to the reversed list so far (without escapes) */
			/* T2 points to the tail element -- where the else should go */
			if (T2 && T3)
			{	T2->nxt = T3;	/* add else */
			} else
			{	if (T3) /* there was an else, but there's no tail */
				{	if (!T1)	/* and no reversed list */
					{	T1 = T3; /* odd, but possible */
					} else		/* even stranger */
					{	T1->nxt = T3;
			}	}	}

			/* add in the escapes, to that they appear at the front */
			if (Tx && Ty) { Ty->nxt = T1; T1 = Tx; }

			trans[n][i] = T1;
			/* reversed, with escapes first and else last */
	}	}
	if (state_tables && verbose)
	{	printf("FINAL proctype %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
	}
}
void
imed(Trans *T, int v, int n, int j)	/* set intermediate state */
{	progstate[n][T->st] |= progstate[n][v];
	accpstate[n][T->st] |= accpstate[n][v];
	stopstate[n][T->st] |= stopstate[n][v];
	mapstate[n][j] = T->st;
}
void
tagtable(int n, int m, int is, short srcln[], uchar reach[])
{	Trans *z;

	if (is >= m || !trans[n][is]
	||  is <= 0 || reach[is] == 0)
		return;
	reach[is] = 0;
	if (state_tables)
	for (z = trans[n][is]; z; z = z->nxt)
	{	if (dodot)
			dot_crack(n, is, z);
		else
			crack(n, is, z, srcln);
	}

	for (z = trans[n][is]; z; z = z->nxt)
	{
#ifdef HAS_UNLESS
		int i, j;
#endif
		tagtable(n, m, z->st, srcln, reach);
#ifdef HAS_UNLESS
		for (i = 0; i < HAS_UNLESS; i++)
		{	j = trans[n][is]->escp[i];
			if (!j) break;
			tagtable(n, m, j, srcln, reach);
		}
#endif
	}
}

extern Trans *t_id_lkup[];

void
dfs_table(int n, int m, int is, short srcln[], uchar reach[], uchar lpstate[])
{	Trans *z;

	if (is >= m || is <= 0 || !trans[n][is])
		return;
	if ((reach[is] & (4|8|16)) != 0)
	{	if ((reach[is] & (8|16)) == 16)	/* on stack, not yet recorded */
		{	lpstate[is] = 1;
			reach[is] |= 8; /* recorded */
			if (state_tables && verbose)
			{	printf("state %d line %d is a loopstate\n", is, srcln[is]);
		}	}
		return;
	}
	reach[is] |= (4|16);	/* visited | onstack */
	for (z = trans[n][is]; z; z = z->nxt)
	{	t_id_lkup[z->t_id] = z;
#ifdef HAS_UNLESS
		int i, j;
#endif
		dfs_table(n, m, z->st, srcln, reach, lpstate);
#ifdef HAS_UNLESS
		for (i = 0; i < HAS_UNLESS; i++)
		{	j = trans[n][is]->escp[i];
			if (!j) break;
			dfs_table(n, m, j, srcln, reach, lpstate);
		}
#endif
	}
	reach[is] &= ~16; /* no longer on stack */
}
void
do_dfs(int n, int m, int is, short srcln[], uchar reach[], uchar lpstate[])
{	int i;
	dfs_table(n, m, is, srcln, reach, lpstate);
	for (i = 0; i < m; i++)
		reach[i] &= ~(4|8|16);
}
void
crack(int n, int j, Trans *z, short srcln[])
{	int i;

	if (!z) return;
	printf("	state %3d -(tr %3d)-> state %3d  ",
		j, z->forw, z->st);
	printf("[id %3d tp %3d", z->t_id, z->tpe[0]);
	if (z->tpe[1]) printf(",%d", z->tpe[1]);
#ifdef HAS_UNLESS
	if (z->e_trans)
		printf(" org %3d", z->e_trans);
	else if (state_tables >= 2)
	for (i = 0; i < HAS_UNLESS; i++)
	{	if (!z->escp[i]) break;
		printf(" esc %d", z->escp[i]);
	}
#endif
	printf("]");
	printf(" [%s%s%s%s%s] %s:%d => ",
		z->atom&6?"A":z->atom&32?"D":"-",
		accpstate[n][j]?"a" :"-",
		stopstate[n][j]?"e" : "-",
		progstate[n][j]?"p" : "-",
		z->atom & 8 ?"L":"G",
		PanSource, srcln[j]);
	for (i = 0; z->tp[i]; i++)
		if (z->tp[i] == '\n')
			printf("\\n");
		else
			putchar(z->tp[i]);
	if (verbose && z->qu[0])
	{	printf("\t[");
		for (i = 0; i < 6; i++)
			if (z->qu[i])
				printf("(%d,%d)",
				z->qu[i], z->ty[i]);
		printf("]");
	}
	printf("\n");
	fflush(stdout);
}
/* spin -a m.pml; cc -o pan pan.c; ./pan -D | dot -Tps > foo.ps; ps2pdf foo.ps */
void
dot_crack(int n, int j, Trans *z)
{	int i;

	if (!z) return;
	printf("	S%d -> S%d  [color=black", j, z->st);

	if (z->atom&6) printf(",style=dashed");
	else if (z->atom&32) printf(",style=dotted");
	else if (z->atom&8) printf(",style=solid");
	else printf(",style=bold");

	printf(",label=\"");
	for (i = 0; z->tp[i]; i++)
	{	if (z->tp[i] == '\\'
		&&  z->tp[i+1] == 'n')
		{	i++; printf(" ");
		} else
		{	putchar(z->tp[i]);
	}	}
	printf("\"];\n");
	if (accpstate[n][j]) printf("  S%d [color=red,style=bold];\n", j);
	else if (progstate[n][j]) printf("  S%d [color=green,style=bold];\n", j);
	if (stopstate[n][j]) printf("  S%d [color=blue,style=bold,shape=box];\n", j);
}

#ifdef VAR_RANGES
#define BYTESIZE	32	/* 2^8 : 2^3 = 256:8 = 32 */

typedef struct Vr_Ptr {
	char	*nm;
	uchar	vals[BYTESIZE];
	struct Vr_Ptr *nxt;
} Vr_Ptr;
Vr_Ptr *ranges = (Vr_Ptr *) 0;

void
logval(char *s, int v)
{	Vr_Ptr *tmp;

	if (v<0 || v > 255) return;
	for (tmp = ranges; tmp; tmp = tmp->nxt)
		if (!strcmp(tmp->nm, s))
			goto found;
	tmp = (Vr_Ptr *) emalloc(sizeof(Vr_Ptr));
	tmp->nxt = ranges;
	ranges = tmp;
	tmp->nm = s;
found:
	tmp->vals[(v)/8] |= 1<<((v)%8);
}

void
dumpval(uchar X[], int range)
{	int w, x, i, j = -1;

	for (w = i = 0; w < range; w++)
	for (x = 0; x < 8; x++, i++)
	{
from:		if ((X[w] & (1<<x)))
		{	printf("%d", i);
			j = i;
			goto upto;
	}	}
	return;
	for (w = 0; w < range; w++)
	for (x = 0; x < 8; x++, i++)
	{
upto:		if (!(X[w] & (1<<x)))
		{	if (i-1 == j)
				printf(", ");
			else
				printf("-%d, ", i-1);
			goto from;
	}	}
	if (j >= 0 && j != 255)
		printf("-255");
}

void
dumpranges(void)
{	Vr_Ptr *tmp;
	printf("\nValues assigned within ");
	printf("interval [0..255]:\n");
	for (tmp = ranges; tmp; tmp = tmp->nxt)
	{	printf("\t%s\t: ", tmp->nm);
		dumpval(tmp->vals, BYTESIZE);
		printf("\n");
	}
}
#endif
